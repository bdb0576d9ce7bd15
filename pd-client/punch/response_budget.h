#pragma once

#include <chrono>

#include "punch/checklist.h"

namespace pd::punch {

inline constexpr std::chrono::milliseconds time_per_response{5};  // REACH-23
inline constexpr int response_burst = 64;

// How often requests are answered, whoever sends them: a token bucket, kept as the time at which it is full again
// (GCRA). One thread.
class ResponseBudget {
 public:
  // Whether one may be answered now. True counts it.
  bool take(Instant now) {
    const Instant full = full_at_ > now ? full_at_ : now;
    if (full - now > time_per_response * (response_burst - 1)) return false;
    full_at_ = full + time_per_response;
    return true;
  }

 private:
  Instant full_at_{};
};

}  // namespace pd::punch
