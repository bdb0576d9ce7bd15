#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "identity/encoding.h"
#include "identity/json.h"
#include "identity/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace pd::identity {

using Signature = std::array<std::uint8_t, 64>;

// An Ed25519 public key (RFC 8032): 32 bytes, always a valid encoding of a point that is not of small order.
class PublicKey {
 public:
  // Fails with malformed: wrong length, or a key under which anything verifies (KEY-3).
  static Result<PublicKey> from_raw(ByteView raw);
  // JWK of type OKP (RFC 8037, section 2). Members beyond kty, crv and x are ignored, "d" is refused (KEY-2).
  static Result<PublicKey> from_jwk(const Json& jwk);

  const std::array<std::uint8_t, 32>& raw() const { return raw_; }
  Json jwk() const;

  // The key id everywhere: RFC 7638 SHA-256 thumbprint of the JWK (RFC 8037, section 2), as 32 bytes (KEY-4).
  Hash thumbprint() const;
  // The same as base64url, 43 characters.
  std::string id() const { return base64url(thumbprint()); }

  // True if `signature` is the key's over `message` (KEY-5). Any thread.
  bool verifies(ByteView message, ByteView signature) const;

  auto operator<=>(const PublicKey&) const = default;

 private:
  explicit PublicKey(const std::array<std::uint8_t, 32>& raw) : raw_(raw) {}
  std::array<std::uint8_t, 32> raw_;
};

// An Ed25519 private key. Moves, never copies; the memory is wiped on destruction. Signing is thread-safe.
//
// generate(), sign(), pem() and seed() throw std::runtime_error when OpenSSL fails at what cannot fail (no memory, no
// random bytes); so does every function here that makes or signs something. There is no sensible way on.
class PrivateKey {
 public:
  // A new one, from the operating system's generator.
  static PrivateKey generate();
  // The key of a 32-byte seed (RFC 8032, section 5.1.5). Fails with malformed for another length, or where its public
  // half is none that PublicKey takes.
  static Result<PrivateKey> from_seed(ByteView seed);
  // PKCS#8 in PEM, encrypted or not (RFC 5958, RFC 8410). Fails with crypto for a wrong or missing passphrase,
  // unsupported for another kind of key, malformed otherwise.
  static Result<PrivateKey> from_pem(std::string_view pem, std::optional<std::string_view> passphrase = {});

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  const PublicKey& public_key() const { return public_key_; }
  // Ed25519 over the whole message (RFC 8032, section 5.1.6).
  Signature sign(ByteView message) const;

  // PKCS#8 in PEM; with a passphrase encrypted by PBES2 (scrypt, AES-256-CBC). The caller wipes the string.
  std::string pem(std::optional<std::string_view> passphrase = {}) const;
  // The 32-byte seed, for export and for recovery words. The caller wipes it.
  Bytes seed() const;

  // For TLS: the library's own key object, owned by this PrivateKey.
  evp_pkey_st* native() const { return key_.get(); }

 private:
  struct Free {
    void operator()(evp_pkey_st*) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  static Result<PrivateKey> from_native(Handle key);
  PrivateKey(Handle key, const PublicKey& public_key);
  Handle key_;
  PublicKey public_key_;
};

// True when `pem` holds an encrypted private key, so that a passphrase must be asked for.
bool pem_is_encrypted(std::string_view pem);

// Overwrites the characters before the string is cleared. For passphrases, PEM and seeds.
void wipe(std::string& secret);
void wipe(Bytes& secret);

}  // namespace pd::identity
