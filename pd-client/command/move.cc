#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "command/command.h"
#include "command/describe.h"
#include "command/own.h"
#include "command/terminal.h"
#include "directory/owner.h"

namespace pd::command {
namespace {

struct MoveOptions {
  std::string address;
  bool yes = false;
};

int run_move(Context& context, const MoveOptions& options) {
  const auto target = parse_address(options.address);
  const auto own = open_own(context);
  require_own_active(own.current);
  const auto who = own.current.address().text();
  if (target == own.current.address()) throw directory::Failure(directory::Kind::usage, "that is your address already");
  const auto there = context.lookup().require(target);  // a move to a name that nobody has would lose everyone
  require_active(there);
  confirm("End " + who + " for good, and point to " + target.text() + "?", options.yes);

  const auto& history = own.current.identity().history();
  auto body = directory::following(history, history.head(), identity::OperationKind::move, context.now());
  body.moved_to = target;
  const auto key = context.home().identity_key(context.ask_passphrase());
  const auto moved = directory::submit(context.lookup(), body, key, directory::SignedBy::identity_key);
  if (context.json()) {
    print(describe(moved));
  } else {
    std::cout << who << " has moved to " << target.text() << "\n";
  }
  return 0;
}

}  // namespace

Run move(CLI::App& app) {
  auto options = std::make_shared<MoveOptions>();
  app.add_option("NEWADDRESS", options->address, "your new address, already registered")->required();
  app.add_flag("--yes", options->yes, "do not ask");
  return [options](Context& context) { return run_move(context, *options); };
}

}  // namespace pd::command
