#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace pd::session {

// How often something that strangers can make happen is shown: at most `burst` times at once, then once in `pause`.
// What is not shown is counted. One thread.
class Seldom {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  Seldom(int burst, std::chrono::seconds pause) : ahead_(pause * (burst - 1)), pause_(pause) {}

  // How many were not shown since the one before that was; nothing when this one is not to be shown either.
  std::optional<std::size_t> show(Instant now) {
    if (paid_until_ > now + ahead_) {
      ++unsaid_;
      return {};
    }
    paid_until_ = std::max(paid_until_, now) + pause_;
    return std::exchange(unsaid_, 0);
  }

 private:
  std::chrono::seconds ahead_;
  std::chrono::seconds pause_;
  Instant paid_until_{};
  std::size_t unsaid_ = 0;
};

}  // namespace pd::session
