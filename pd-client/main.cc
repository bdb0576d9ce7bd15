#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "command/command.h"
#include "command/report.h"

namespace {

using pd::command::Command;
using pd::command::report;
using pd::directory::Failure;
using pd::directory::Kind;

// Every command of pdctl, in the order of its help.
constexpr Command commands[] = {
    {"register", "get an address at a domain, with new keys", pd::command::register_account},
    {"lookup", "show who somebody is, verified", pd::command::lookup},
    {"listen", "let others reach you, and talk to everybody who calls", pd::command::listen},
    {"chat", "talk to somebody, or list conversations", pd::command::chat},
    {"send", "send somebody files and directories", pd::command::send},
    {"pipe", "join your standard input and output to somebody's", pd::command::pipe},
    {"agent", "stay reachable and deliver what waits, in the background", pd::command::agent},
    {"verify", "compare safety numbers with somebody", pd::command::verify},
    {"contacts", "say who may reach you; list, name or forget the people you have met", pd::command::contacts},
    {"whoami", "show your own address, keys and standing", pd::command::whoami},
    {"devices", "list, add or remove the machines that speak for you", pd::command::devices},
    {"rotate", "replace your identity key", pd::command::rotate},
    {"recover", "take your address back with the recovery words", pd::command::recover},
    {"revoke", "end your identity for good", pd::command::revoke},
    {"move", "end your identity and name your new address", pd::command::move},
    {"trust", "list or reset what is remembered of people and domains", pd::command::trust},
    {"export", "print somebody's verified key for other programs", pd::command::export_keys},
    {"doctor", "say what works here, what does not, and what would help", pd::command::doctor},
    {"completion", "print the completion script of a shell", pd::command::completion},
};

using Commands = std::vector<std::pair<CLI::App*, pd::command::Run>>;

void declare_globals(CLI::App& app, pd::command::Globals& globals) {
  app.add_option("--home", globals.home, "where keys are kept (default: $PD_HOME, or pd in the user's data directory)")
      ->type_name("DIR");
  app.add_option("--ca-file", globals.ca_file, "trust these certificates instead of the system's")->type_name("FILE");
  app.add_option("--resolve", globals.resolve, "connect there for that domain and port; may be repeated")
      ->type_name("DOMAIN:PORT:ADDR:PORT")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--passphrase-file", globals.passphrase_file, "first line is the passphrase of the identity key")
      ->type_name("FILE");
  app.add_flag("--json", globals.json, "print one JSON object");
  for (auto* option : app.get_options({})) {
    if (option->get_name() != "--resolve") option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  app.set_version_flag("--version", "pdctl " PD_VERSION);
}

Commands declare_commands(CLI::App& app) {
  Commands declared;
  for (const auto& command : commands) {
    auto* sub = app.add_subcommand(std::string(command.name), std::string(command.help));
    declared.emplace_back(sub, command.declare(*sub));
  }
  return declared;
}

// Every command's help ends alike.
void end_help(CLI::App& app) {
  for (auto* sub : app.get_subcommands({})) {
    const auto own = sub->get_footer();
    sub->footer((own.empty() ? "" : own + "\n\n") +
                "Options of every command, --home and --json among them: pdctl --help");
    end_help(*sub);
  }
}

Failure usage(const std::string& what, std::string hint) {
  return {Kind::usage, what, std::move(hint)};
}

// The deepest command that was named on the command line, so that the hint leads to its help.
std::string full_name(const CLI::App* app) {
  for (const auto* sub : app->get_subcommands())
    return app->get_name() + " " + full_name(sub);
  return app->get_name();
}

int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const auto unknown = app.remaining();
  if (app.get_subcommands().empty() && !unknown.empty())
    return report(usage("there is no command " + unknown.front(), "pdctl --help lists them"));
  return report(usage(error.what(), full_name(&app) + " --help"));
}

int run(CLI::App& app, const Commands& declared, pd::command::Globals globals) {
  pd::command::Context context(std::move(globals));
  for (const auto& [sub, command] : declared) {
    if (!sub->parsed()) continue;
    const int status = command(context);
    if (!std::cout.flush()) return report(Failure(Kind::failed, "cannot write to standard output"));
    return status;
  }
  return report(usage("no command", app.get_name() + " --help lists them"));
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer or a pipe that is gone is an error of that write, not the end of the program
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow
  CLI::App app("Finds people by NAME@DOMAIN, proves their keys, and talks to them directly.", "pdctl");
  pd::command::Globals globals;
  app.require_subcommand(1);
  app.fallthrough();
  declare_globals(app, globals);
  const auto declared = declare_commands(app);
  end_help(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return report_usage(app, error);
  }
  try {
    return run(app, declared, std::move(globals));
  } catch (...) {
    return report(std::current_exception());
  }
}
