#include "agent/roll_call.h"

namespace pd::agent {

using identity::Address;

void RollCall::forget_old(Times& times, Instant now) {
  std::erase_if(times, [&](const auto& each) { return each.second + memory <= now; });
}

bool RollCall::ask(const Address& whom, Instant now) {
  forget_old(asked_, now);
  return asked_.emplace(whom, now).second;
}

void RollCall::take_back(const Address& whom) {
  asked_.erase(whom);
}

bool RollCall::said(const Address& whom, Instant now) {
  forget_old(said_, now);
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
