#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "call/inbox.h"
#include "call/incoming_calls.h"

namespace pd::call {

// Offers that were not answered, for the case that this program calls the same person a moment later (CALL-20). Pure.
class UnansweredOffers {
 public:
  static constexpr std::size_t most = 16;

  // Takes the place of an earlier one of the same address; of too many, the oldest goes.
  void keep(Received offer, Instant now);

  // The caller has given it up.
  void cancelled(const Caller& caller, const CallId& call);

  // The last one of that address, unless it is over by now. It is not kept any longer.
  std::optional<Received> take(const identity::Address& address, Instant now);

 private:
  struct Kept {
    Received offer;
    Instant until;
  };
  std::deque<Kept> kept_;  // the oldest first
};

}  // namespace pd::call
