#pragma once

#include <chrono>

#include "identity/time.h"

namespace pd::command {

// How long what a listener publishes is good for, and how often it says it anew. A listener that was killed is dialled in
// vain for at most the first.
inline constexpr identity::Seconds endpoint_life{30 * 60};
inline constexpr std::chrono::seconds endpoint_refresh{10 * 60};
// How often it looks whether the machine has other addresses now, and tries again what failed.
inline constexpr std::chrono::seconds endpoint_check{30};

}  // namespace pd::command
