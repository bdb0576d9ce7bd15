#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <optional>

#include "command/command.h"
#include "command/describe.h"
#include "command/own.h"
#include "command/recovery_key.h"
#include "command/terminal.h"
#include "directory/owner.h"

namespace pd::command {
namespace {

struct RevokeOptions {
  bool yes = false;
  std::optional<std::filesystem::path> words_file;
};

int run_revoke(Context& context, const RevokeOptions& options) {
  const auto own = open_own(context);
  require_own_active(own.current);
  const auto who = own.current.address().text();
  confirm("Revoke " + who + " for good? Nobody, not even you, can have that name again.", options.yes);

  const auto& history = own.current.identity().history();
  const auto body = directory::following(history, history.head(), identity::OperationKind::revoke, context.now());
  const bool by_words = options.words_file.has_value();
  const auto key =
      by_words ? read_recovery_key(options.words_file) : context.home().identity_key(context.ask_passphrase());
  const auto ended = directory::submit(
      context.lookup(), body, key, by_words ? directory::SignedBy::recovery_key : directory::SignedBy::identity_key);
  if (context.json()) {
    print(describe(ended));
  } else {
    std::cout << who << " is revoked\n";
  }
  return 0;
}

}  // namespace

Run revoke(CLI::App& app) {
  auto options = std::make_shared<RevokeOptions>();
  app.add_flag("--yes", options->yes, "do not ask");
  app.add_option("--words-file", options->words_file,
                 "sign with the recovery words in there instead of the identity key")
      ->type_name("FILE");
  return [options](Context& context) { return run_revoke(context, *options); };
}

}  // namespace pd::command
