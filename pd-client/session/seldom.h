#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "session/pace.h"

namespace pd::session {

// How often something that strangers can make happen is shown: at most `burst` times at once, then once in `pause`.
// What is not shown is counted. One thread.
class Seldom {
 public:
  using Instant = Pace::Instant;

  Seldom(int burst, std::chrono::seconds pause) : pace_(burst, pause) {}

  // How many were not shown since the one before that was; nothing when this one is not to be shown either.
  std::optional<std::size_t> show(Instant now) {
    if (!pace_.permits(now)) {
      ++unsaid_;
      return {};
    }
    pace_.count(now);
    return std::exchange(unsaid_, 0);
  }

 private:
  Pace pace_;
  std::size_t unsaid_ = 0;
};

}  // namespace pd::session
