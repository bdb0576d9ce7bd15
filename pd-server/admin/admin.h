#pragma once

#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "ops/clock.h"

namespace pd::admin {

// What a command has of the world besides the data directory that it is told.
struct Context {
  std::ostream& out;
  std::ostream& err;
  ops::Clock clock;
  // Throws what `run` would say of the files that a configuration names; returns what is allowed but looks wrong.
  std::function<std::vector<std::string>(const config::RunConfig&)> check;
};

// One administration command, `pd-server NAME …`. `arguments` are those after NAME. Returns the exit status: 0 done, 1
// failed (said on `err`: what went wrong, then a hint), 2 wrong usage.
struct Command {
  std::string_view name;
  std::string_view summary;  // one line for the list of commands
  int (*run)(const Context& context, std::span<const std::string> arguments);
};

// user, invite, policy, community, backup, restore, domain-key, config: for the command table of main(). They work on
// the same data directory as a running server, which notices what they change.
std::span<const Command> commands();

}  // namespace pd::admin
