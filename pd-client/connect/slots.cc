#include "connect/slots.h"

#include <algorithm>
#include <utility>

namespace pd::connect {

std::size_t Tally::unverified_of(const std::string& origin) const {
  return static_cast<std::size_t>(
      std::count_if(unverified.begin(), unverified.end(), [&](const Slot* slot) { return slot->origin() == origin; }));
}

std::shared_ptr<Slot> Slot::take(const std::shared_ptr<Tally>& tally, const std::string& origin,
                                 std::function<void()> drop) {
  if (tally->unverified_of(origin) >= tally->limits.unverified_per_ip) {
    return nullptr;
  }
  if (tally->unverified.size() >= tally->limits.unverified) {
    const auto fewer = [&](const Slot* one, const Slot* other) {
      return tally->unverified_of(one->origin()) < tally->unverified_of(other->origin());
    };
    // The first of the greatest: the oldest.
    (*std::max_element(tally->unverified.begin(), tally->unverified.end(), fewer))->lose();
  }
  return std::shared_ptr<Slot>(new Slot(tally, origin, std::move(drop)));
}

Slot::Slot(std::shared_ptr<Tally> tally, std::string origin, std::function<void()> drop)
    : tally_(std::move(tally)),
      origin_(std::move(origin)),
      drop_(std::move(drop)),
      place_(tally_->unverified.insert(tally_->unverified.end(), this)) {}

Slot::~Slot() {
  if (state_ == State::verified) {
    --tally_->verified;
  } else if (state_ == State::unverified) {
    tally_->unverified.erase(place_);
  }
}

bool Slot::promote() {
  if (state_ != State::unverified || tally_->verified >= tally_->limits.verified) {
    return false;
  }
  tally_->unverified.erase(place_);
  ++tally_->verified;
  state_ = State::verified;
  return true;
}

void Slot::lose() {
  tally_->unverified.erase(place_);
  state_ = State::lost;
  drop_();  // may destroy this
}

}  // namespace pd::connect
