#include <CLI/CLI.hpp>

#include <array>
#include <iostream>
#include <memory>
#include <vector>

#include "command/command.h"
#include "command/describe.h"
#include "directory/lookup.h"
#include "identity/encoding.h"

namespace pd::command {
namespace {

struct ExportOptions {
  std::string format;
  std::string address;
  bool devices = false;
};

struct Named {
  std::string comment;  // "olivier@example.org", or with the device: "olivier@example.org laptop"
  identity::PublicKey key;
};

std::vector<Named> keys_of(const directory::VerifiedPeer& peer, bool devices) {
  std::vector<Named> keys;
  if (!devices) return {{peer.address().text(), peer.state().identity_key}};
  for (const auto& device : peer.state().devices)
    keys.push_back({peer.address().text() + " " + device.name, device.key});
  return keys;
}

void append_string(std::string& blob, std::string_view text) {  // RFC 4251, section 5
  for (int shift = 24; shift >= 0; shift -= 8)
    blob.push_back(static_cast<char>(text.size() >> shift & 0xff));
  blob += text;
}

// RFC 8709, section 4.
std::string ssh_key(const identity::PublicKey& key) {
  std::string blob;
  append_string(blob, "ssh-ed25519");
  append_string(blob, {reinterpret_cast<const char*>(key.raw().data()), key.raw().size()});
  return "ssh-ed25519 " + identity::base64(identity::bytes_of(blob));
}

std::string ssh(const Named& named) {
  return ssh_key(named.key) + " " + named.comment;
}

// A line of an allowed_signers file: ssh-keygen(1).
std::string git(const directory::VerifiedPeer& peer, const Named& named) {
  return peer.address().text() + " namespaces=\"git\" " + ssh(named);
}

// age encrypts to ssh-ed25519 keys as they are.
std::string age(const Named& named) {
  return ssh_key(named.key);
}

identity::Json jwk_set(const directory::VerifiedPeer& peer) {
  const auto entry = [](const identity::PublicKey& key) {
    auto jwk = key.jwk();
    jwk["kid"] = key.id();
    jwk["alg"] = "EdDSA";
    jwk["use"] = "sig";
    return jwk;
  };
  auto keys = identity::Json::array({entry(peer.state().identity_key)});
  for (const auto& device : peer.state().devices)
    keys.push_back(entry(device.key));
  return {{"keys", std::move(keys)}};
}

int run_export(Context& context, const ExportOptions& options) {
  const auto peer = context.lookup().require(parse_address(options.address));
  warn_about(peer);
  require_active(peer);
  if (options.format == "jwk") {
    print(jwk_set(peer));
    return 0;
  }
  auto lines = identity::Json::array();
  for (const auto& named : keys_of(peer, options.devices)) {
    const auto line = options.format == "git" ? git(peer, named) : options.format == "age" ? age(named) : ssh(named);
    lines.push_back(line);
    if (!context.json()) std::cout << line << "\n";
  }
  if (context.json())
    print({{"address", peer.address().text()}, {"format", options.format}, {"lines", std::move(lines)}});
  return 0;
}

}  // namespace

Run export_keys(CLI::App& app) {
  auto options = std::make_shared<ExportOptions>();
  app.add_option("FORMAT", options->format, "ssh: authorized_keys; git: allowed_signers; age: recipient; jwk: JWK Set")
      ->required()
      ->check(CLI::IsMember({"ssh", "git", "age", "jwk"}));
  app.add_option("ADDRESS", options->address, "whose key")->required();
  app.add_flag("--devices", options->devices,
               "the keys of the devices instead of the identity key (jwk always has all)");
  return [options](Context& context) { return run_export(context, *options); };
}

}  // namespace pd::command
