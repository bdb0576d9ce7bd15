#include "connect/slots.h"

#include <utility>

namespace pd::connect {

std::shared_ptr<Slot> Slot::take(const std::shared_ptr<Tally>& tally, const std::string& origin) {
  const auto same = tally->unverified_of.find(origin);
  if (tally->unverified >= tally->limits.unverified ||
      (same != tally->unverified_of.end() && same->second >= tally->limits.unverified_per_ip)) {
    return nullptr;
  }
  return std::shared_ptr<Slot>(new Slot(tally, origin));
}

Slot::Slot(std::shared_ptr<Tally> tally, std::string origin) : tally_(std::move(tally)), origin_(std::move(origin)) {
  ++tally_->unverified;
  ++tally_->unverified_of[origin_];
}

Slot::~Slot() {
  if (promoted_) {
    --tally_->verified;
  } else {
    leave_unverified();
  }
}

bool Slot::promote() {
  if (tally_->verified >= tally_->limits.verified) {
    return false;
  }
  leave_unverified();
  ++tally_->verified;
  promoted_ = true;
  return true;
}

void Slot::leave_unverified() {
  --tally_->unverified;
  const auto same = tally_->unverified_of.find(origin_);
  if (--same->second == 0) {
    tally_->unverified_of.erase(same);
  }
}

}  // namespace pd::connect
