#include "call/unanswered_offers.h"

#include <algorithm>
#include <utility>

namespace pd::call {

void UnansweredOffers::keep(Received offer, Instant now) {
  std::erase_if(kept_, [&](const Kept& each) { return each.offer.from.address() == offer.from.address(); });
  if (kept_.size() == most) {
    kept_.pop_front();
  }
  kept_.push_back({std::move(offer), now + OutgoingCall::patience});
}

void UnansweredOffers::cancelled(const Caller& caller, const CallId& call) {
  std::erase_if(kept_, [&](const Kept& each) {
    return each.offer.from.address() == caller.address && each.offer.device == caller.device &&
           call_of(each.offer.message) == call;
  });
}

std::optional<Received> UnansweredOffers::take(const identity::Address& address, Instant now) {
  std::erase_if(kept_, [&](const Kept& each) { return each.until <= now; });
  const auto found =
      std::ranges::find_if(kept_, [&](const Kept& each) { return each.offer.from.address() == address; });
  if (found == kept_.end()) {
    return {};
  }
  auto offer = std::move(found->offer);
  kept_.erase(found);
  return offer;
}

}  // namespace pd::call
