#include "config/config.h"

#include <algorithm>
#include <string_view>
#include <variant>
#include <vector>

#include "admin/command_list.h"
#include "config/options.h"
#include "identity/json.h"

namespace pd::admin {
namespace {

constexpr const char* help =
    "usage: pd-server config print [OPTIONS OF RUN]\n"
    "       pd-server config check [--json] [OPTIONS OF RUN]\n\n"
    "print  the configuration that 'pd-server run' would have, as a file for --config\n"
    "check  that 'pd-server run' would accept it, with the files that it names\n\n"
    "'pd-server run --help' lists the options.\n";

int say(const Context& context, const config::Exit& exit) {
  (exit.status == 0 ? context.out : context.err) << exit.text;
  return exit.status;
}

bool asks_for_help(std::span<const std::string> arguments) {
  return std::ranges::any_of(arguments, [](const auto& each) { return each == "--help" || each == "-h"; });
}

// What the files say is thrown: main() tells it as it does when `run` fails.
int check(const Context& context, std::vector<std::string> arguments) {
  const bool json = std::erase(arguments, "--json") > 0;
  const auto parsed = config::parse_run(arguments);
  if (const auto* exit = std::get_if<config::Exit>(&parsed)) return say(context, *exit);
  const auto doubts = context.check(std::get<config::RunConfig>(parsed));
  if (json) {
    context.out << identity::Json{{"complete", true}, {"warnings", doubts}}.dump(2) << '\n';
    return 0;
  }
  for (const auto& doubt : doubts)
    context.err << "pd-server: warning: " << doubt << '\n';
  context.out << "the configuration is complete\n";
  return 0;
}

}  // namespace

int config(const Context& context, std::span<const std::string> arguments) {
  if (asks_for_help(arguments)) return say(context, {0, help});
  const std::string_view action = arguments.empty() ? std::string_view() : arguments[0];
  std::vector<std::string> rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (action == "check") return check(context, std::move(rest));
  if (action != "print") return say(context, {2, std::string("pd-server config: say print or check\n\n") + help});
  rest.emplace_back("--print-config");
  const auto parsed = config::parse_run(rest);
  return say(context, std::get<config::Exit>(parsed));
}

}  // namespace pd::admin
