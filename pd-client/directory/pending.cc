#include "directory/pending.h"

#include <filesystem>

#include "directory/file.h"
#include "identity/json.h"

namespace pd::directory {
namespace {

constexpr std::string_view intent_file = "pending/intent.json";
constexpr std::string_view key_files[] = {"identity.pem", "device.pem", "recovery.pem"};
constexpr std::string_view kept[] = {"identity.pem", "device.pem"};

std::string pending(std::string_view name) {
  return "pending/" + std::string(name);
}

void write_key(const Home& home, std::string_view name, const identity::PrivateKey& key, std::string_view passphrase) {
  auto pem = passphrase.empty() ? key.pem() : key.pem(passphrase);
  home.write(pending(name), pem);
  identity::wipe(pem);
}

Pending::Intent read_intent(const std::string& text, const std::string& where) {
  const auto json = require(identity::parse_object(text), Kind::failed, where);
  if (require(identity::integer_member(json, "v", ""), Kind::failed, where) != 1)
    throw Failure(Kind::failed, where + " was written by a newer pdctl", "use that one");
  const auto string = [&](std::string_view name) {
    return require(identity::string_member(json, name, ""), Kind::failed, where);
  };
  const auto jwk = require(identity::object_member(json, "identity_key", ""), Kind::failed, where);
  return {string("kind"), require(identity::Address::parse(string("address")), Kind::failed, where), string("device"),
          require(identity::PublicKey::from_jwk(jwk), Kind::failed, where)};
}

}  // namespace

std::optional<Pending> Pending::load(const Home& home) {
  const auto text = home.read(intent_file);
  if (!text) return {};
  return Pending(read_intent(*text, (home.path() / intent_file).string()));
}

Pending Pending::save(const Home& home, Intent intent, const Keys& keys, std::string_view passphrase) {
  make_private_directory(home.path() / "pending");
  for (const auto name : key_files)
    home.remove(pending(name));  // left by a run that died before its intent was written
  write_key(home, "identity.pem", keys.identity, passphrase);
  if (keys.device != nullptr) write_key(home, "device.pem", *keys.device, {});
  if (keys.recovery != nullptr) write_key(home, "recovery.pem", *keys.recovery, passphrase);
  const identity::Json json{{"v", 1},
                            {"kind", intent.kind},
                            {"address", intent.address.text()},
                            {"device", intent.device},
                            {"identity_key", intent.identity_key.jwk()}};
  home.write(intent_file, json.dump(2) + "\n");
  return Pending(std::move(intent));
}

identity::PrivateKey Pending::key(const Home& home, std::string_view name, const AskPassphrase& ask) const {
  const auto waiting = pending(name);
  return home.key(std::filesystem::exists(home.path() / waiting) ? waiting : name, ask);
}

void Pending::finish(const Home& home) const {
  for (const auto name : kept) {
    const auto waiting = home.path() / pending(name);
    if (std::filesystem::exists(waiting)) rename_file(waiting, home.path() / name);
  }
  home.save_account({intent_.address});
  home.remove(pending("recovery.pem"));
  home.remove(intent_file);
}

void Pending::discard(const Home& home) const {
  home.remove(intent_file);
  for (const auto name : key_files)
    home.remove(pending(name));
}

}  // namespace pd::directory
