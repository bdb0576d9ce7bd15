#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "limit/table.h"
#include "ops/metrics.h"
#include "stun/binding.h"

namespace pd::stun_server {

// Where every request comes by, over UDP or TCP: it is counted, and answered unless its network asks too often
// (STUN-12). Any thread.
class Desk {
 public:
  enum class Transport { udp, tcp };

  // At most `networks` are remembered at a time.
  Desk(limit::Rate rate, std::size_t networks, ops::Metrics& metrics);

  // The length of the answer, 0 for silence; none when the source asks too often.
  std::optional<std::size_t> answer(Transport transport, Bytes request, const Source& source,
                                    std::span<std::uint8_t, most_request_bytes> into);

 private:
  struct Counters {
    ops::Counter& success;
    ops::Counter& error;
    ops::Counter& silence;
    ops::Counter& limited;
  };
  static Counters counters(ops::Metrics& metrics, const char* transport);

  limit::Table limit_;
  Counters udp_;
  Counters tcp_;
};

}  // namespace pd::stun_server
