#pragma once

#include <exception>

#include "directory/failure.h"

namespace pd::command {

// Says on standard error what went wrong, and the hint if there is one. Returns the exit status.
int report(const directory::Failure& failure);

// The same for whatever a command threw.
int report(const std::exception_ptr& failure);

}  // namespace pd::command
