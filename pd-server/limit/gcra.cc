#include "limit/gcra.h"

#include <algorithm>
#include <cmath>

namespace pd::limit {
namespace {

// Enough for any wait we would ever name, and sums of a few of them do not overflow.
constexpr double longest = 1e18;  // nanoseconds, some 31 years

Nanos clamp(double nanoseconds) {
  return Nanos(static_cast<Nanos::rep>(std::min(nanoseconds, longest)));
}

// T of the recommendation: the time one cell costs. A burst takes at most `longest` to come back, so that a rate of
// nothing is one.
Nanos increment(Rate rate) {
  const double slowest = longest / std::max(rate.burst, 1.0);
  return clamp(rate.per_second > 0 ? std::min(std::ceil(1e9 / rate.per_second), slowest) : slowest);
}

// tau of the recommendation: how far ahead of its time a cell may come.
Nanos tolerance(Rate rate, Nanos each) {
  return clamp(std::max(rate.burst - 1, 0.0) * static_cast<double>(each.count()));
}

}  // namespace

Nanos gcra(Rate rate, Nanos& arrival, Nanos now) {
  const Nanos each = increment(rate);
  const Nanos earliest = arrival - tolerance(rate, each);
  if (now < earliest) return earliest - now;
  arrival = std::max(now, arrival) + each;
  return Nanos::zero();
}

}  // namespace pd::limit
