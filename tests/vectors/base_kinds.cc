#include "identity/address.h"
#include "identity/key.h"
#include "identity/recovery_words.h"
#include "identity/safety_number.h"
#include "kinds.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace

// {"text"} → {"local","domain","text","uri"}
Result<Json> address(const Json& input) {
  return Address::parse(text(input, "text")).map([](const Address& address) {
    return Json{{"local", address.local()},
                {"domain", address.domain().text()},
                {"text", address.text()},
                {"uri", address.uri()}};
  });
}

// {"jwk"} → {"jwk","raw","thumbprint"}, raw in hexadecimal
Result<Json> key(const Json& input) {
  return PublicKey::from_jwk(input.at("jwk")).map([](const PublicKey& key) {
    return Json{{"jwk", key.jwk()}, {"raw", hex(key.raw())}, {"thumbprint", key.id()}};
  });
}

// {"pem","passphrase"?} → {"pem","jwk"}, the private key without passphrase as the library writes it
Result<Json> private_key(const Json& input) {
  std::optional<std::string> passphrase;
  if (input.contains("passphrase")) passphrase = text(input, "passphrase");
  return PrivateKey::from_pem(text(input, "pem"), passphrase).map([](const PrivateKey& key) {
    return Json{{"pem", key.pem()}, {"jwk", key.public_key().jwk()}};
  });
}

// {"words"} → {"words","seed","jwk"}, the words as the library writes them
Result<Json> words(const Json& input) {
  return key_from_recovery_words(text(input, "words")).map([](const PrivateKey& key) {
    return Json{{"words", recovery_words(key)}, {"seed", base64url(key.seed())}, {"jwk", key.public_key().jwk()}};
  });
}

Result<Party> party(const Json& json) {
  const auto address = Address::parse(text(json, "address"));
  if (!address) return tl::unexpected(address.error());
  return PublicKey::from_jwk(json.at("key")).map([&](const PublicKey& key) { return Party{*address, key}; });
}

// {"a":{"address","key"},"b":{…}} → {"number","qr"}
Result<Json> safety(const Json& input) {
  const auto a = party(input.at("a"));
  if (!a) return tl::unexpected(a.error());
  const auto b = party(input.at("b"));
  if (!b) return tl::unexpected(b.error());
  return Json{{"number", safety_number(*a, *b)}, {"qr", safety_qr_text(*a, *b)}};
}

}  // namespace

std::span<const Kind> base_kinds() {
  static constexpr Kind kinds[] = {
      {"address", address},      {"key", key}, {"private-key", private_key}, {"recovery-words", words},
      {"safety-number", safety},
  };
  return kinds;
}

}  // namespace pd::vectors
