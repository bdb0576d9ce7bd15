#pragma once

#include <algorithm>
#include <chrono>

namespace pd::session {

// At most `burst` at once, then one in each `pause` (GCRA). Only what is counted costs anything: who is refused waits
// no longer for having asked. One thread.
class Pace {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  Pace(int burst, std::chrono::milliseconds pause) : ahead_(pause * (burst - 1)), pause_(pause) {}

  bool permits(Instant now) const { return paid_until_ <= now + ahead_; }
  void count(Instant now) { paid_until_ = std::max(paid_until_, now) + pause_; }
  // True when it is as if nothing had ever been counted.
  bool rested(Instant now) const { return paid_until_ <= now; }

 private:
  std::chrono::milliseconds ahead_;
  std::chrono::milliseconds pause_;
  Instant paid_until_{};
};

}  // namespace pd::session
