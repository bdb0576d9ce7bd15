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

using directory::Change;
using directory::Failure;
using directory::Kind;
using directory::Pending;

struct RecoverOptions {
  std::string address;
  std::string device;
  std::optional<std::filesystem::path> words_file;
  std::optional<std::filesystem::path> recovery_file;
};

// What else was begun in this home does not meet the recovery. It is finished when that is all that is left to do;
// otherwise it has to be finished first, but for a rotation that the server never took: the words may be all that its
// owner still has.
void settle(const directory::Home& home, const directory::VerifiedPeer& self) {
  const auto begun = Pending::load(home);
  if (!begun) return;
  const auto& intent = begun->intent();
  const bool in_force = intent.identity_key == self.state().identity_key;
  const bool shown = begun->finishing(home) && !(intent.kind == Change::recovery && begun->keeps_recovery_key(home));
  if (shown || (in_force && intent.kind == Change::rotation)) return begun->finish(home);
  const bool same = intent.kind == Change::recovery && intent.address == self.address();
  if (!same && intent.kind != Change::rotation) throw begun->unfinished();
}

bool begun_before(const directory::Home& home) {
  const auto begun = Pending::load(home);
  return begun && begun->intent().kind == Change::recovery;
}

// Whether the server has this recovery already: its acknowledgement was lost.
bool acknowledged_before(const directory::Home& home, const directory::VerifiedPeer& self) {
  const auto begun = Pending::load(home);
  return begun && begun->intent().kind == Change::recovery && begun->intent().address == self.address() &&
         begun->intent().identity_key == self.state().identity_key;
}

// The owner has proven the recovery words: they replace what was begun with an identity key that the server never took.
void drop_rotation(const directory::Home& home) {
  if (const auto begun = Pending::load(home); begun && begun->intent().kind == Change::rotation) begun->discard(home);
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
                                  const Pending::Begun& recovery, identity::Time now) {
  auto body =
      directory::following(self.identity().history(), base_of(self, words), identity::OperationKind::recover, now);
  const auto& [pending, keys, resumed] = recovery;
  body.state.identity_key = keys.identity.public_key();
  body.state.devices = {{pending.intent().device, keys.device.public_key()}};
  std::replace(body.state.recovery_keys.begin(), body.state.recovery_keys.end(), words.public_key().thumbprint(),
               keys.recovery.public_key().thumbprint());
  return body;
}

void take_back(const directory::Lookup& lookup, const directory::Home& home, const directory::VerifiedPeer& self,
               const identity::PrivateKey& words, const Pending::Begun& recovery) {
  directory::submit_pending(lookup, home, recovery.pending, recovered(self, words, recovery, lookup.now()), words,
                            directory::SignedBy::recovery_key);
}

int run_recover(Context& context, const RecoverOptions& options) {
  const auto address = parse_address(options.address);
  const auto& home = context.home();
  const auto lock = home.lock();
  const auto account = home.account();
  if (account && account->address != address)
    throw Failure(Kind::failed, "this home is that of " + account->address.text(), "use another one: --home DIR");

  const directory::Lookup lookup(context.transport(), context.pins(), address.domain(), context.clock(), address);
  const auto self = lookup.require(address);
  settle(home, self);
  require_place(options.recovery_file, begun_before(home));
  std::optional<identity::PrivateKey> words;
  if (!acknowledged_before(home, self)) {
    words = read_recovery_key(options.words_file);
    base_of(self, *words);  // wrong words make no keys
    drop_rotation(home);
  }
  const auto recovery =
      Pending::begin_or_resume(home, Change::recovery, address, options.device, context.passphrases());
  if (words) take_back(lookup, home, self, *words, recovery);

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
  auto options = std::make_shared<RecoverOptions>();
  app.add_option("ADDRESS", options->address, "your address")->required();
  app.add_option("--words-file", options->words_file, "read the recovery words from there instead of asking")
      ->type_name("FILE");
  app.add_option("--device", options->device, "name of this machine (default: its host name)")->type_name("NAME");
  app.add_option("--recovery-file", options->recovery_file,
                 "write the new recovery words into a new file instead of showing them")
      ->type_name("FILE");
  return [options](Context& context) {
    if (options->device.empty()) options->device = machine_name();
    return run_recover(context, *options);
  };
}

}  // namespace pd::command
