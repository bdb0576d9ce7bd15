#pragma once

#include <chrono>

namespace pd::identity {

// Whole seconds since 1970-01-01T00:00:00Z, as NumericDate (RFC 7519, section 2). The library never reads a clock:
// every function that needs the time takes it.
using Time = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

// How far two honest clocks may be apart.
inline constexpr Seconds clock_skew{300};

}  // namespace pd::identity
