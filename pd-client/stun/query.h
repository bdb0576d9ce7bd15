#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "stun/message.h"

namespace pd::stun {

using Clock = std::chrono::steady_clock;

// How often and how long a request is repeated over UDP (RFC 8489, section 6.2.1). As they are here it takes 39.5 s
// until a server counts as silent; who has less time takes less.
struct Timing {
  Clock::duration first = std::chrono::milliseconds(500);  // RTO: from the first request to the second; then doubled
  unsigned requests = 7;                                   // Rc, at least 1
  unsigned last = 16;                                      // Rm: the wait after the last one, in times `first`
};

// One question to one server, over UDP: when to send the request (again), and what came of it. Pure: the caller has the
// socket and the clock, and must send from the same socket to the same server each time. One thread.
//
//   if (query.due(now)) send(query.request());      at first, and whenever `wake()` has come
//   query.take(datagram);                           for each datagram from that server
//
// Until over().
class Query {
 public:
  Query(const TransactionId& id, Clock::time_point now, Timing timing = {});

  // True: send request() now. Moves wake().
  bool due(Clock::time_point now);
  const std::array<std::uint8_t, request_bytes>& request() const { return request_; }

  // When to call due() next; none once it is over.
  std::optional<Clock::time_point> wake() const;

  // What came from the server. True when it was the answer to this question; anything else changes nothing (STUN-19).
  bool take(Bytes datagram);

  bool over() const { return answer_ || silent_; }
  // None while it is not over, and when the server was silent.
  const std::optional<Answer>& answer() const { return answer_; }

 private:
  TransactionId id_;
  std::array<std::uint8_t, request_bytes> request_;
  Timing timing_;
  Clock::time_point wake_;
  unsigned count_ = 0;  // of requests sent
  bool silent_ = false;
  std::optional<Answer> answer_;
};

}  // namespace pd::stun
