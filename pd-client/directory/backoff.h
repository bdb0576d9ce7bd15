#pragma once

#include <algorithm>
#include <chrono>

#include "identity/encoding.h"

namespace pd::directory {

// How long to wait before the next attempt: twice as long after each that failed, each pause varied by a quarter at
// random, so that many who lost the same server do not come back at once.
class Backoff {
 public:
  using Pause = std::chrono::milliseconds;

  Backoff(Pause first, Pause longest) : first_(first), longest_(longest) {}

  Pause next() {
    const auto plain = std::min(longest_, first_ * (1 << std::min(failures_, 16U)));
    ++failures_;
    return plain * (75 + identity::random_bytes(1)[0] * 50 / 255) / 100;
  }
  // What was tried has worked.
  void reset() { failures_ = 0; }

 private:
  Pause first_;
  Pause longest_;
  unsigned failures_ = 0;
};

}  // namespace pd::directory
