#include <CLI/CLI.hpp>

#include <iostream>

#include "command/command.h"
#include "command/describe.h"
#include "command/own.h"
#include "directory/owner.h"
#include "directory/pending.h"

namespace pd::command {
namespace {

using directory::Change;
using directory::Pending;

// The new key: one that was made before and never acknowledged, or a fresh one, with the passphrase of the old.
Pending begin(const directory::Home& home, const identity::Address& address, const directory::AskPassphrase& ask) {
  if (auto begun = Pending::load(home, Change::rotation, address)) return *std::move(begun);
  const auto fresh = identity::PrivateKey::generate();
  const auto passphrase = home.identity_key_is_encrypted() ? ask() : identity::Secret();
  return Pending::save(home, {Change::rotation, address, "", fresh.public_key()}, {fresh}, passphrase);
}

int run_rotate(Context& context) {
  const auto& home = context.home();
  const auto own = open_own(context);
  require_own_active(own.current);
  const auto ask = context.ask_passphrase();
  const auto old_key = home.identity_key(ask);
  const auto pending = begin(home, own.current.address(), ask);

  const auto& history = own.current.identity().history();
  auto body = directory::following(history, history.head(), identity::OperationKind::update, context.now());
  body.state.identity_key = pending.intent().identity_key;
  const auto changed =
      directory::submit_pending(context.lookup(), home, pending, body, old_key, directory::SignedBy::identity_key);
  pending.finish(home);

  if (context.json()) {
    print(describe(changed));
  } else {
    std::cout << changed.address().text() << " has a new identity key\n  was  " << old_key.public_key().id()
              << "\n  now  " << changed.state().identity_key.id()
              << "\nPeople who compared safety numbers with you will be asked to compare again.\n";
  }
  return 0;
}

}  // namespace

Run rotate(CLI::App&) {
  return [](Context& context) { return run_rotate(context); };
}

}  // namespace pd::command
