#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "identity/key.h"
#include "identity/result.h"

namespace pd::identity {

// A JWS in compact serialization (RFC 7515), alg "EdDSA" (RFC 8037), read but not yet believed.
//
// The text is kept exactly as it came: it is what was signed, and what is stored, hashed and sent on.
class Jws {
 public:
  // Reads `text`: at most `max_bytes` long, protected header with alg, kid and the given `typ`, no crit, a JSON object
  // as payload. Fails with malformed, unsupported or too_large (JWS-1 … JWS-8).
  static Result<Jws> parse(std::string_view text, std::string_view typ, std::size_t max_bytes);

  // Signs `payload`, a serialized JSON object. With `embed_key` the header also carries the public key as "jwk"
  // (RFC 7515, section 4.1.3); used where the reader knows only the key's thumbprint.
  static Jws sign(const PrivateKey& key, std::string_view typ, const Json& payload, bool embed_key = false);

  const std::string& text() const { return text_; }
  const std::string& key_id() const { return key_id_; }
  // The embedded key, if there is one. Its thumbprint has been checked to equal key_id().
  const std::optional<PublicKey>& embedded_key() const { return embedded_key_; }
  const Json& payload() const { return payload_; }

  // SHA-256 of text(): how one signed thing refers to another.
  Hash hash() const;

  // Fails with wrong_key when key_id() is not `key`'s, with bad_signature when the signature is not (JWS-9, JWS-10).
  Result<void> verify(const PublicKey& key) const;

 private:
  Jws() = default;
  std::string text_;
  std::string key_id_;
  std::optional<PublicKey> embedded_key_;
  Json payload_;
  std::size_t signing_input_size_ = 0;
  Signature signature_{};
};

}  // namespace pd::identity
