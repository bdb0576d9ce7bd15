#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "command/command.h"
#include "command/describe.h"
#include "command/recovery_key.h"
#include "directory/owner.h"
#include "directory/pending.h"

namespace pd::command {
namespace {

using directory::Change;
using directory::Failure;
using directory::Kind;
using directory::Pending;

struct RegisterOptions {
  std::string address;
  std::optional<std::string> invite;
  std::string device;
  std::optional<std::filesystem::path> recovery_file;
};

// Whether the server has this registration already: its acknowledgement was lost.
bool acknowledged_before(const directory::Lookup& lookup, const Pending& pending) {
  const auto there = lookup.find(pending.intent().address);
  if (!there) return false;
  return there->identity().history().operations().front().body().state.identity_key == pending.intent().identity_key;
}

void create(const directory::Lookup& lookup, const directory::Home& home, const Pending::Begun& registration,
            const RegisterOptions& options) {
  const auto& [pending, keys, resumed] = registration;
  const auto& intent = pending.intent();
  const identity::IdentityState state{intent.address,
                                      keys.identity.public_key(),
                                      {{intent.device, keys.device.public_key()}},
                                      {keys.recovery.public_key().thumbprint()}};
  const identity::OperationBody body{identity::OperationKind::create, 0, {}, lookup.now(), state, {}};
  directory::submit_pending(lookup, home, pending, body, keys.identity, directory::SignedBy::identity_key,
                            options.invite);
}

void require_no_account(const directory::Home& home) {
  if (const auto account = home.account())
    throw Failure(Kind::failed, "this home is already that of " + account->address.text(),
                  "use another one for another address: pdctl --home DIR register …");
}

int run_register(Context& context, const RegisterOptions& options) {
  const auto address = parse_address(options.address);
  const auto& home = context.home();
  const auto lock = home.lock();
  require_no_account(home);

  const auto& lookup = context.lookup();
  lookup.client_of(address.domain());  // a domain that cannot be reached costs nobody a passphrase
  require_place(options.recovery_file, Pending::load(home, Change::registration, address).has_value());
  const auto registration =
      Pending::begin_or_resume(home, Change::registration, address, options.device, context.passphrases());
  const auto& [pending, keys, resumed] = registration;
  if (!resumed || !acknowledged_before(lookup, pending)) create(lookup, home, registration, options);

  identity::Json json{{"address", address.text()},
                      {"identity_key", keys.identity.public_key().id()},
                      {"device", pending.intent().device},
                      {"device_key", keys.device.public_key().id()}};
  if (!context.json()) {
    std::cout << address.text() << " is registered\n  identity key  " << keys.identity.public_key().id()
              << "\n  device        " << keys.device.public_key().id() << "  " << pending.intent().device << "\n";
  }
  show_recovery_key(context, keys.recovery, options.recovery_file, json);
  if (context.json()) print(json);
  require_shown();
  pending.finish(home);
  return 0;
}

}  // namespace

Run register_account(CLI::App& app) {
  auto options = std::make_shared<RegisterOptions>();
  app.add_option("ADDRESS", options->address, "the name you want, NAME@DOMAIN")->required();
  app.add_option("--invite", options->invite, "invite code of that domain")->type_name("CODE");
  app.add_option("--device", options->device, "name of this machine (default: its host name)")->type_name("NAME");
  app.add_option("--recovery-file", options->recovery_file,
                 "write the recovery words into a new file instead of showing them")
      ->type_name("FILE");
  return [options](Context& context) {
    if (options->device.empty()) options->device = machine_name();
    return run_register(context, *options);
  };
}

}  // namespace pd::command
