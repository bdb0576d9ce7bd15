#include "call/questions.h"

#include <utility>

namespace pd::call {

bool Questions::open(const CallId& question, directory::VerifiedPeer whom, Instant now) {
  std::erase_if(open_, [&](const auto& each) { return each.second.until <= now; });
  return open_.size() < most_open && open_.emplace(question, Open{std::move(whom), now + patience, false}).second;
}

std::optional<directory::VerifiedPeer> Questions::asked(const identity::Address& address, Instant now) const {
  for (const auto& [question, open] : open_) {
    if (open.until > now && open.whom.address() == address) {
      return open.whom;
    }
  }
  return {};
}

bool Questions::answered(const CallId& question, const identity::Address& from, Instant now) {
  const auto found = open_.find(question);
  if (found == open_.end() || found->second.until <= now || found->second.whom.address() != from) {
    return false;
  }
  return !std::exchange(found->second.answered, true);
}

}  // namespace pd::call
