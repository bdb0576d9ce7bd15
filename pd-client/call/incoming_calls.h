#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "call/outgoing_call.h"
#include "identity/address.h"
#include "session/paces.h"

namespace pd::call {

// Who calls: with which of their devices.
struct Caller {
  identity::Address address;
  std::string device;  // key id
  auto operator<=>(const Caller&) const = default;
};

// The callee's side: which offers are taken, of people who are let in (CALL-9, CALL-14, CALL-16, CALL-17). Pure. A call
// that was taken is under way until over().
class IncomingCalls {
 public:
  static constexpr std::size_t most_calls = 8;

  IncomingCalls();

  enum class Take {
    take,
    busy,  // over a bound
    drop,  // known, or given up for ours
  };
  struct Ruling {
    Take take;
    std::optional<CallId> replaced = {};  // a call under way, from the same device: it is over now
    bool yield = false;                   // ours is given up (CALL-16)
  };

  // An offer has come. `ours`: our own call to that address which waits for an answer.
  Ruling offered(const Caller& caller, const CallId& call, const std::optional<CallId>& ours, Instant now);

  // Whether that call of theirs was under way. It is over now.
  bool over(const Caller& caller, const CallId& call);

  std::size_t count() const { return calls_.size(); }

 private:
  struct Seen {
    identity::Address from;
    CallId call;
    Instant until;
  };

  bool is_known(const identity::Address& from, const CallId& call, Instant now);
  void remember(Seen seen);

  std::map<Caller, CallId> calls_;  // under way
  std::deque<Seen> seen_;           // the oldest first
  session::Paces paces_;            // by address
};

}  // namespace pd::call
