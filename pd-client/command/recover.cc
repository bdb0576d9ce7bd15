#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "command/command.h"
#include "command/recovery_key.h"
#include "directory/lookup.h"
#include "directory/owner.h"
#include "directory/pending.h"
#include "identity/history.h"

namespace pd::command {
namespace {

using directory::Failure;
using directory::Kind;
using directory::Pending;

struct Options {
  std::string address;
  std::string device;
  std::optional<std::filesystem::path> words_file;
  std::optional<std::filesystem::path> recovery_file;
};

struct Keys {
  identity::PrivateKey identity;
  identity::PrivateKey device;
  identity::PrivateKey recovery;
};

struct Recovery {
  Pending pending;
  Keys keys;
};

Recovery begin(Context& context, const identity::Address& address, const Options& options) {
  const auto& home = context.home();
  if (auto begun = Pending::load(home);
      begun && begun->intent().kind == "recover" && begun->intent().address == address) {
    const auto ask = context.ask_passphrase();
    Keys keys{begun->key(home, "identity.pem", ask), begun->key(home, "device.pem", ask),
              begun->key(home, "recovery.pem", ask)};
    return {*std::move(begun), std::move(keys)};
  }
  refuse_existing(options.recovery_file);
  auto passphrase = context.new_passphrase();
  Keys keys{identity::PrivateKey::generate(), identity::PrivateKey::generate(), identity::PrivateKey::generate()};
  auto pending = Pending::save(home, {"recover", address, options.device, keys.identity.public_key()},
                               {keys.identity, &keys.device, &keys.recovery}, passphrase);
  identity::wipe(passphrase);
  return {std::move(pending), std::move(keys)};
}

// The operation that the recovery builds on; whatever came after it is undone.
const identity::Operation& base_of(const directory::VerifiedPeer& self, const identity::PrivateKey& words) {
  if (const auto* base = directory::recoverable(self.identity().history(), words.public_key().thumbprint()))
    return *base;
  throw Failure(Kind::failed, "that is no recovery key of " + self.address().text(),
                "the newest words count: look for a later sheet");
}

// The state after the recovery: new keys throughout, this machine the only device, and the key that was just used
// replaced by the new one in its place; other recovery keys stay.
identity::OperationBody recovered(const directory::VerifiedPeer& self, const identity::PrivateKey& words,
                                  const Recovery& recovery, identity::Time now) {
  auto body =
      directory::following(self.identity().history(), base_of(self, words), identity::OperationKind::recover, now);
  const auto& [pending, keys] = recovery;
  body.state.identity_key = keys.identity.public_key();
  body.state.devices = {{pending.intent().device, keys.device.public_key()}};
  std::replace(body.state.recovery_keys.begin(), body.state.recovery_keys.end(), words.public_key().thumbprint(),
               keys.recovery.public_key().thumbprint());
  return body;
}

void take_back(Context& context, const directory::VerifiedPeer& self, const identity::PrivateKey& words,
               const Recovery& recovery) {
  directory::submit_pending(context.lookup(), context.home(), recovery.pending,
                            recovered(self, words, recovery, context.now()), words, directory::SignedBy::recovery_key);
}

int run(Context& context, const Options& options) {
  const auto address = parse_address(options.address);
  const auto& home = context.home();
  const auto lock = home.lock();
  const auto account = home.account();
  if (account && account->address != address)
    throw Failure(Kind::failed, "this home is that of " + account->address.text(), "use another one: --home DIR");

  const auto& lookup = context.lookup();
  const auto self = lookup.require(address);
  const auto begun = Pending::load(home);
  const bool acknowledged = begun && begun->intent().identity_key == self.state().identity_key;
  std::optional<identity::PrivateKey> words;
  if (!acknowledged) {
    words = read_recovery_key(options.words_file);
    base_of(self, *words);  // wrong words make no keys
  }
  const auto recovery = begin(context, address, options);
  if (words) take_back(context, self, *words, recovery);

  identity::Json json{{"address", address.text()},
                      {"identity_key", recovery.keys.identity.public_key().id()},
                      {"device", recovery.pending.intent().device},
                      {"device_key", recovery.keys.device.public_key().id()}};
  if (!context.json()) {
    std::cout << address.text() << " is yours again\n  identity key  " << recovery.keys.identity.public_key().id()
              << "\nThe old keys, devices and recovery words no longer count.\n";
  }
  show_recovery_key(context, recovery.keys.recovery, options.recovery_file, json);
  if (context.json()) print(json);
  require_shown();
  recovery.pending.finish(home);
  return 0;
}

}  // namespace

Run recover(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("ADDRESS", options->address, "your address")->required();
  app.add_option("--words-file", options->words_file, "read the recovery words from there instead of asking")
      ->type_name("FILE");
  app.add_option("--device", options->device, "name of this machine (default: its host name)")->type_name("NAME");
  app.add_option("--recovery-file", options->recovery_file,
                 "write the new recovery words into a new file instead of showing them")
      ->type_name("FILE");
  return [options](Context& context) {
    if (options->device.empty()) options->device = machine_name();
    return run(context, *options);
  };
}

}  // namespace pd::command
