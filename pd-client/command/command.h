#pragma once

#include <functional>
#include <string_view>

#include "command/context.h"

namespace CLI {
class App;
}

namespace pd::command {

// Runs one command. Returns the exit status; failures are thrown as directory::Failure.
using Run = std::function<int(Context&)>;

// Declares the options of a command on `app` and returns what to run once they are parsed. Each lives in a file of its
// own.
using Declare = Run (*)(CLI::App& app);

Run agent(CLI::App& app);
Run chat(CLI::App& app);
Run completion(CLI::App& app);
Run contacts(CLI::App& app);
Run devices(CLI::App& app);
Run doctor(CLI::App& app);
Run export_keys(CLI::App& app);
Run listen(CLI::App& app);
Run lookup(CLI::App& app);
Run move(CLI::App& app);
Run pipe(CLI::App& app);
Run recover(CLI::App& app);
Run register_account(CLI::App& app);
Run revoke(CLI::App& app);
Run rotate(CLI::App& app);
Run send(CLI::App& app);
Run trust(CLI::App& app);
Run verify(CLI::App& app);
Run whoami(CLI::App& app);

struct Command {
  std::string_view name;
  std::string_view help;  // one line
  Declare declare;
};

}  // namespace pd::command
