#include <cstdio>
#include <iostream>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "admin/admin.h"
#include "config/options.h"
#include "ops/clock.h"
#include "server/check.h"
#include "server/server.h"
#include "server/start_error.h"

namespace {

using Arguments = std::span<const std::string>;

int fail(const std::string& what, const std::string& hint) {
  std::cerr << "pd-server: " << what << '\n';
  if (!hint.empty()) std::cerr << "hint: " << hint << '\n';
  return 1;
}

int run(const pd::admin::Context& context, Arguments arguments) {
  const auto parsed = pd::config::parse_run(arguments);
  if (const auto* exit = std::get_if<pd::config::Exit>(&parsed)) {
    (exit->status == 0 ? context.out : context.err) << exit->text;
    return exit->status;
  }
  pd::server::Server(std::get<pd::config::RunConfig>(parsed)).run();
  return 0;
}

// All that pd-server can do: `run`, then the administrator's commands.
std::vector<pd::admin::Command> commands() {
  std::vector<pd::admin::Command> all = {{"run", "serve a domain", run}};
  const auto more = pd::admin::commands();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void print_help(std::ostream& out) {
  out << "usage: pd-server COMMAND [OPTION]…\n\n";
  for (const auto& command : commands()) {
    out << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary << '\n';
  }
  out << "\n`pd-server COMMAND --help` says more.\n";
}

int dispatch(const std::string& name, Arguments arguments) {
  for (const auto& command : commands()) {
    if (command.name == name)
      return command.run({std::cout, std::cerr, pd::ops::system_clock(), pd::server::check}, arguments);
  }
  fail("there is no command \"" + name + "\"", "pd-server --help lists them");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    print_help(std::cerr);
    return 2;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    print_help(std::cout);
    return 0;
  }
  if (arguments[0] == "--version") {
    std::cout << "pd-server " PD_VERSION "\n";
    return 0;
  }
  try {
    return dispatch(arguments[0], Arguments(arguments).subspan(1));
  } catch (const pd::server::StartError& error) {
    return fail(error.what(), error.hint());
  } catch (const std::exception& error) {
    return fail(error.what(), {});
  }
}
