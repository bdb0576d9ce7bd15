#include "config/config.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "admin/command_list.h"
#include "config/options.h"

namespace pd::admin {
namespace {

constexpr const char* help =
    "usage: pd-server config print [OPTIONS OF RUN]\n"
    "       pd-server config check [OPTIONS OF RUN]\n\n"
    "print  the configuration that 'pd-server run' would have, as a file for --config\n"
    "check  that 'pd-server run' would accept it\n";

int say(const Context& context, const config::Exit& exit) {
  (exit.status == 0 ? context.out : context.err) << exit.text;
  return exit.status;
}

}  // namespace

int config(const Context& context, std::span<const std::string> arguments) {
  if (arguments.empty() || (arguments[0] != "print" && arguments[0] != "check")) {
    const bool asked = !arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h");
    return say(context, {asked ? 0 : 2, asked ? help : std::string("pd-server config: say print or check\n\n") + help});
  }
  std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (arguments[0] == "print") rest.emplace_back("--print-config");
  const auto parsed = config::parse_run(rest);
  if (const auto* exit = std::get_if<config::Exit>(&parsed)) return say(context, *exit);
  return say(context, {0, "the configuration is complete\n"});
}

}  // namespace pd::admin
