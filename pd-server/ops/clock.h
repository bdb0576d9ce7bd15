#pragma once

#include <functional>

#include "identity/time.h"

namespace pd::ops {

// Where the time comes from. main() gives the real one; tests give theirs.
using Clock = std::function<identity::Time()>;

Clock system_clock();

}  // namespace pd::ops
