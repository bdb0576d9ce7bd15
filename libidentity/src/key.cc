#include "identity/key.h"

#include <algorithm>

#include <openssl/crypto.h>

#include "openssl.h"
#include "point.h"

namespace pd::identity {
namespace {

constexpr std::string_view key_type = "OKP";  // RFC 8037, section 2
constexpr std::string_view curve = "Ed25519";
constexpr std::string_view rule_jwk = "KEY-1";

OwnedKey openssl_key(const std::array<std::uint8_t, 32>& raw) {
  OwnedKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()));
  require(key != nullptr, "EVP_PKEY_new_raw_public_key");
  return key;
}

OwnedDigestContext digest_context() {
  OwnedDigestContext context(EVP_MD_CTX_new());
  require(context != nullptr, "EVP_MD_CTX_new");
  return context;
}

}  // namespace

Result<PublicKey> PublicKey::from_raw(ByteView raw) {
  std::array<std::uint8_t, 32> point{};
  if (raw.size() != point.size()) return fail(Reason::malformed, "KEY-3", "public key: not 32 bytes");
  std::copy(raw.begin(), raw.end(), point.begin());
  if (!is_safe_point(point)) {
    return fail(Reason::malformed, "KEY-3", "public key: not a point of Ed25519 that can serve as a key");
  }
  return PublicKey(point);
}

Result<PublicKey> PublicKey::from_jwk(const Json& jwk) {
  if (!jwk.is_object()) return fail(Reason::malformed, rule_jwk, "JWK: not an object");
  if (jwk.contains("d")) return fail(Reason::malformed, "KEY-2", "JWK: holds a private key");
  const auto kty = string_member(jwk, "kty", rule_jwk);
  if (!kty) return tl::unexpected(kty.error());
  if (*kty != key_type) return fail(Reason::unsupported, rule_jwk, "JWK: \"kty\" is not \"OKP\"");
  const auto crv = string_member(jwk, "crv", rule_jwk);
  if (!crv) return tl::unexpected(crv.error());
  if (*crv != curve) return fail(Reason::unsupported, rule_jwk, "JWK: \"crv\" is not \"Ed25519\"");
  const auto x = string_member(jwk, "x", rule_jwk);
  if (!x) return tl::unexpected(x.error());
  const auto raw = from_base64url(*x);
  if (!raw) return fail(Reason::malformed, rule_jwk, "JWK: \"x\" is not base64url");
  return from_raw(*raw);
}

Json PublicKey::jwk() const {
  return {{"kty", key_type}, {"crv", curve}, {"x", base64url(raw_)}};
}

Hash PublicKey::thumbprint() const {
  // RFC 7638, section 3: the required members in this order, without white space.
  return sha256(bytes_of(R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url(raw_) + "\"}"));
}

bool PublicKey::verifies(ByteView message, ByteView signature) const {
  if (signature.size() != Signature{}.size()) return false;
  const ErrorMark mark;
  const OwnedKey key = openssl_key(raw_);
  const OwnedDigestContext context = digest_context();
  require(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1, "EVP_DigestVerifyInit");
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

void PrivateKey::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

PrivateKey::PrivateKey(Handle key, const PublicKey& public_key) : key_(std::move(key)), public_key_(public_key) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PrivateKey PrivateKey::generate() {
  Bytes seed = random_bytes(32);
  auto key = from_seed(seed);
  wipe(seed);
  require(key.has_value(), "making a key");
  return std::move(*key);
}

Result<PrivateKey> PrivateKey::from_seed(ByteView seed) {
  if (seed.size() != 32) return fail(Reason::malformed, "KEY-6", "private key: the seed is not of 32 bytes");
  Handle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  require(key != nullptr, "EVP_PKEY_new_raw_private_key");
  return from_native(std::move(key));
}

Result<PrivateKey> PrivateKey::from_native(Handle key) {
  std::array<std::uint8_t, 32> raw{};
  std::size_t size = raw.size();
  require(EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) == 1, "EVP_PKEY_get_raw_public_key");
  return PublicKey::from_raw(raw).map(
      [&](const PublicKey& public_key) { return PrivateKey(std::move(key), public_key); });
}

Signature PrivateKey::sign(ByteView message) const {
  Signature signature{};
  std::size_t size = signature.size();
  const OwnedDigestContext context = digest_context();
  require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1 &&
              size == signature.size(),
          "signing");
  return signature;
}

Bytes PrivateKey::seed() const {
  Bytes seed(32);
  std::size_t size = seed.size();
  require(EVP_PKEY_get_raw_private_key(key_.get(), seed.data(), &size) == 1, "EVP_PKEY_get_raw_private_key");
  return seed;
}

// All of its memory: what was cut off a string or moved out of it may still lie behind its end.
void wipe(std::string& secret) {
  secret.resize(secret.capacity());
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

void wipe(Bytes& secret) {
  secret.resize(secret.capacity());
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace pd::identity
