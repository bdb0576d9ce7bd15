#include "agent/roll_call.h"

#include <algorithm>

namespace pd::agent {

using identity::Address;

bool RollCall::ask(const Address& whom, Instant now) {
  const auto [last, never] = asked_.emplace(whom, now);
  if (!never && now < last->second + memory) {
    return false;
  }
  last->second = now;
  return true;
}

void RollCall::take_back(const Address& whom) {
  asked_.erase(whom);
}

RollCall::Instant RollCall::last_asked(const Address& whom) const {
  const auto last = asked_.find(whom);
  return last == asked_.end() ? Instant::min() : last->second;
}

std::size_t RollCall::pending(Instant now) const {
  return static_cast<std::size_t>(std::ranges::count_if(asked_, [&](const auto& each) {
    const auto said = said_.find(each.first);
    return now < each.second + patience && (said == said_.end() || said->second < each.second);
  }));
}

bool RollCall::said(const Address& whom, Instant now) {
  std::erase_if(said_, [&](const auto& each) { return each.second + memory <= now; });
  return said_.insert_or_assign(whom, now).second;
}

std::vector<Address> RollCall::here(Instant now) const {
  std::vector<Address> found;
  for (const auto& [address, when] : said_) {
    if (when + memory > now) {
      found.push_back(address);
    }
  }
  return found;
}

}  // namespace pd::agent
