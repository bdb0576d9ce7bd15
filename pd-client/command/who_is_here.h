#pragma once

#include <set>
#include <string>

#include "command/context.h"

namespace pd::command {

// The addresses of those who are there, as the agent of this home finds out by asking the owner's contacts; starts one
// where that is usual. Waits for answers up to three seconds; Ctrl+C ends the wait. Throws Failure: there is no agent,
// or it does not answer.
std::set<std::string> who_is_here(Context& context);

}  // namespace pd::command
