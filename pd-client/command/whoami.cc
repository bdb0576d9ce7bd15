#include <CLI/CLI.hpp>

#include <iostream>
#include <optional>

#include "command/command.h"
#include "command/describe.h"
#include "directory/lookup.h"

namespace pd::command {
namespace {

// What the directory says of the owner, or nothing when it cannot be asked now.
std::optional<directory::VerifiedPeer> in_directory(Context& context, const identity::Address& address) {
  try {
    return context.lookup().require(address);
  } catch (const directory::Failure& failure) {
    if (failure.kind() != directory::Kind::unreachable) throw;
    std::cerr << "pdctl: warning: " << failure.what() << "\n";
    return {};
  }
}

int run_whoami(Context& context) {
  const auto& home = context.home();
  const auto account = home.require_account();
  const auto device = home.device_key().public_key();
  const auto peer = in_directory(context, account.address);
  const bool listed = peer && peer->identity().has_device(device);
  const std::string standing_text = peer ? std::string(standing(*peer)) : "unknown";

  if (context.json()) {
    identity::Json json{{"address", account.address.text()},
                        {"home", home.path().string()},
                        {"device_key", device.id()},
                        {"device_listed", listed},
                        {"has_identity_key", home.has_identity_key()},
                        {"state", standing_text}};
    if (peer) json["directory"] = describe(*peer);
    print(json);
    return 0;
  }
  std::cout << account.address.text() << "\n  state         " << standing_text << "\n";
  if (peer) std::cout << "  identity key  " << peer->state().identity_key.id() << "\n";
  std::cout << "  this device   " << device.id()
            << (!peer    ? ""
                : listed ? "  listed"
                         : "  not listed")
            << "\n  home          " << home.path().string()
            << (home.has_identity_key() ? "" : " (without the identity key)") << "\n";
  return 0;
}

}  // namespace

Run whoami(CLI::App&) {
  return [](Context& context) { return run_whoami(context); };
}

}  // namespace pd::command
