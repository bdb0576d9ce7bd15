#include "directory/pending.h"

#include <algorithm>
#include <filesystem>

#include "directory/file.h"
#include "identity/json.h"

namespace pd::directory {
namespace {

constexpr std::string_view intent_file = "pending/intent.json";
constexpr std::string_view key_files[] = {"identity.pem", "device.pem", "recovery.pem"};
constexpr std::string_view kept[] = {"identity.pem", "device.pem"};

struct Word {
  Change kind;
  std::string_view command;  // of pdctl, and in the file
  std::string_view noun;
};
constexpr Word words[] = {
    {Change::registration, "register", "registration"},
    {Change::rotation, "rotate", "rotation"},
    {Change::recovery, "recover", "recovery"},
};

const Word& word_for(Change kind) {
  return *std::ranges::find(words, kind, &Word::kind);
}

std::string pending(std::string_view name) {
  return "pending/" + std::string(name);
}

void write_key(const Home& home, std::string_view name, const identity::PrivateKey& key,
               const identity::Secret& passphrase) {
  const identity::Secret pem(passphrase.empty() ? key.pem() : key.pem(passphrase.view()));
  home.write(pending(name), pem.view());
}

Pending::Intent read_intent(const std::string& text, const std::string& where) {
  const auto json = require(identity::parse_object(text), Kind::failed, where);
  if (require(identity::integer_member(json, "v", ""), Kind::failed, where) != 1)
    throw Failure(Kind::failed, where + " was written by a newer pdctl", "use that one");
  const auto string = [&](std::string_view name) {
    return require(identity::string_member(json, name, ""), Kind::failed, where);
  };
  const auto* jwk = require(identity::object_member(json, "identity_key", ""), Kind::failed, where);
  const auto kind = std::ranges::find(words, string("kind"), &Word::command);
  if (kind == std::ranges::end(words)) throw Failure(Kind::failed, where + " is of no kind that this pdctl knows");
  return {kind->kind, require(identity::Address::parse(string("address")), Kind::failed, where), string("device"),
          require(identity::PublicKey::from_jwk(*jwk), Kind::failed, where)};
}

}  // namespace

std::optional<Pending> Pending::load(const Home& home) {
  const auto text = home.read(intent_file);
  if (!text) return {};
  return Pending(read_intent(*text, (home.path() / intent_file).string()));
}

std::optional<Pending> Pending::load(const Home& home, Change kind, const identity::Address& address) {
  auto begun = load(home);
  if (begun && (begun->intent_.kind != kind || begun->intent_.address != address)) throw begun->unfinished();
  return begun;
}

Pending Pending::save(const Home& home, Intent intent, const Keys& keys, const identity::Secret& passphrase) {
  make_private_directory(home.path() / "pending");
  for (const auto name : key_files)
    home.remove(pending(name));  // left by a run that died before its intent was written
  write_key(home, "identity.pem", keys.identity, passphrase);
  if (keys.device != nullptr) write_key(home, "device.pem", *keys.device, {});
  if (keys.recovery != nullptr) write_key(home, "recovery.pem", *keys.recovery, passphrase);
  const identity::Json json{{"v", 1},
                            {"kind", word_for(intent.kind).command},
                            {"address", intent.address.text()},
                            {"device", intent.device},
                            {"identity_key", intent.identity_key.jwk()}};
  home.write(intent_file, json.dump(2) + "\n");
  return Pending(std::move(intent));
}

Pending::Begun Pending::begin_or_resume(const Home& home, Change kind, const identity::Address& address,
                                        const std::string& device, const Passphrases& passphrases) {
  if (auto begun = load(home, kind, address)) {
    const auto& ask = passphrases.of_known_key;
    NewKeys keys{begun->key(home, "identity.pem", ask), begun->key(home, "device.pem", ask),
                 begun->key(home, "recovery.pem", ask)};
    return {*std::move(begun), std::move(keys), true};
  }
  const auto passphrase = passphrases.of_new_key();
  NewKeys keys{identity::PrivateKey::generate(), identity::PrivateKey::generate(), identity::PrivateKey::generate()};
  auto pending = save(home, {kind, address, device, keys.identity.public_key()},
                      {keys.identity, &keys.device, &keys.recovery}, passphrase);
  return {std::move(pending), std::move(keys), false};
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

// The identity key is the first to be put in its place.
bool Pending::finishing(const Home& home) const {
  return !std::filesystem::exists(home.path() / pending("identity.pem"));
}

bool Pending::keeps_recovery_key(const Home& home) const {
  return std::filesystem::exists(home.path() / pending("recovery.pem"));
}

void Pending::discard(const Home& home) const {
  home.remove(intent_file);
  for (const auto name : key_files)
    home.remove(pending(name));
}

Failure Pending::unfinished() const {
  const auto& word = word_for(intent_.kind);
  const auto command = "pdctl " + std::string(word.command);
  return {Kind::failed, "a " + std::string(word.noun) + " of " + intent_.address.text() + " is not finished",
          "finish it: " + (intent_.kind == Change::rotation ? command : command + " " + intent_.address.text())};
}

}  // namespace pd::directory
