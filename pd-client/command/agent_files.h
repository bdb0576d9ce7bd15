#pragma once

#include <functional>
#include <optional>

#include "command/context.h"

namespace CLI {
class App;
}

namespace pd::command {

// Declares the commands about files that others send to an agent: files, accept, decline, cancel. What is returned runs
// the one that was given, if any, and returns its exit status.
std::function<std::optional<int>(Context&)> declare_agent_files(CLI::App& app);

}  // namespace pd::command
