#pragma once

#include <chrono>

namespace pd::limit {

using Nanos = std::chrono::nanoseconds;

// `burst` at once, and `per_second` in the long run.
struct Rate {
  double per_second;
  double burst;
};

// The generic cell rate algorithm (ITU-T I.371, virtual scheduling), one cell: pure. `arrival` is the theoretical
// arrival time kept between calls (zero at first), `now` any steady time. Allowed: returns zero and moves `arrival`.
// Refused: returns how long to wait, and `arrival` stays.
Nanos gcra(Rate rate, Nanos& arrival, Nanos now);

}  // namespace pd::limit
