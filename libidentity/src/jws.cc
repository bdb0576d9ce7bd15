#include "identity/jws.h"

#include <algorithm>

namespace pd::identity {
namespace {

constexpr std::string_view algorithm = "EdDSA";  // RFC 8037, section 3.1
constexpr std::size_t max_header = 1'000;
constexpr std::size_t max_depth = 8;

struct Parts {
  std::string_view header, payload, signature;
};

Result<Parts> split(std::string_view text) {
  const auto first = text.find('.');
  const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return fail(Reason::malformed, "JWS-1", "JWS: not three parts");
  }
  return Parts{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

Result<Json> decode_object(std::string_view part, std::size_t max_bytes, std::string_view rule) {
  const auto bytes = from_base64url(part);
  if (!bytes) return tl::unexpected(bytes.error());
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  auto object = parse_object(text, {.bytes = max_bytes, .depth = max_depth});
  if (!object) object.error().rule = rule;
  return object;
}

Result<Signature> decode_signature(std::string_view part) {
  const auto bytes = from_base64url(part);
  if (!bytes) return tl::unexpected(bytes.error());
  Signature signature{};
  if (bytes->size() != signature.size())
    return fail(Reason::malformed, "JWS-1", "JWS: the signature is not of 64 bytes");
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

Result<void> check_header(const Json& header, std::string_view typ) {
  const auto alg = string_member(header, "alg", "JWS-4");
  if (!alg) return tl::unexpected(alg.error());
  if (*alg != algorithm) return fail(Reason::unsupported, "JWS-4", "JWS: \"alg\" is not \"EdDSA\"");
  const auto type = string_member(header, "typ", "JWS-5");
  if (!type) return tl::unexpected(type.error());
  if (*type != typ) return fail(Reason::unsupported, "JWS-5", "JWS: \"typ\" is not \"" + std::string(typ) + "\"");
  // What is critical is by definition something that we would have to understand (RFC 7515, section 4.1.11).
  if (header.contains("crit") || header.contains("b64")) {
    return fail(Reason::unsupported, "JWS-6", "JWS: the header asks for an extension");
  }
  return {};
}

Result<std::string> read_key_id(const Json& header) {
  auto kid = string_member(header, "kid", "JWS-7");
  if (kid && !hash_from_base64url(*kid)) return fail(Reason::malformed, "JWS-7", "JWS: \"kid\" is not a thumbprint");
  return kid;
}

Result<std::optional<PublicKey>> read_embedded_key(const Json& header, const std::string& key_id) {
  const auto jwk = header.find("jwk");
  if (jwk == header.end()) return std::nullopt;
  const auto key = PublicKey::from_jwk(*jwk);
  if (!key) return tl::unexpected(key.error());
  if (key->id() != key_id) return fail(Reason::malformed, "JWS-7", "JWS: \"jwk\" is not the key that \"kid\" names");
  return *key;
}

std::string encode(const Json& object) {
  return base64url(bytes_of(object.dump()));
}

}  // namespace

Result<Jws> Jws::parse(std::string_view text, std::string_view typ, std::size_t max_bytes) {
  if (text.size() > max_bytes) return fail(Reason::too_large, "JWS-1", "JWS: too long");
  const auto parts = split(text);
  if (!parts) return tl::unexpected(parts.error());
  const auto header = decode_object(parts->header, max_header, "JWS-3");
  if (!header) return tl::unexpected(header.error());
  if (auto checked = check_header(*header, typ); !checked) return tl::unexpected(checked.error());
  auto key_id = read_key_id(*header);
  if (!key_id) return tl::unexpected(key_id.error());
  const auto embedded_key = read_embedded_key(*header, *key_id);
  if (!embedded_key) return tl::unexpected(embedded_key.error());
  auto payload = decode_object(parts->payload, max_bytes, "JWS-8");
  if (!payload) return tl::unexpected(payload.error());
  const auto signature = decode_signature(parts->signature);
  if (!signature) return tl::unexpected(signature.error());

  Jws jws;
  jws.text_ = text;
  jws.key_id_ = std::move(*key_id);
  jws.embedded_key_ = *embedded_key;
  jws.payload_ = std::move(*payload);
  jws.signing_input_size_ = parts->header.size() + 1 + parts->payload.size();
  jws.signature_ = *signature;
  return jws;
}

Jws Jws::sign(const PrivateKey& key, std::string_view typ, const Json& payload, bool embed_key) {
  Jws jws;
  jws.key_id_ = key.public_key().id();
  Json header = {{"alg", algorithm}, {"kid", jws.key_id_}, {"typ", typ}};
  if (embed_key) {
    header["jwk"] = key.public_key().jwk();
    jws.embedded_key_ = key.public_key();
  }
  jws.payload_ = payload;
  jws.text_ = encode(header) + "." + encode(payload);
  jws.signing_input_size_ = jws.text_.size();
  jws.signature_ = key.sign(bytes_of(jws.text_));
  jws.text_ += "." + base64url(jws.signature_);
  return jws;
}

Hash Jws::hash() const {
  return sha256(bytes_of(text_));
}

Result<void> Jws::verify(const PublicKey& key) const {
  if (key.id() != key_id_) return fail(Reason::wrong_key, "JWS-9", "JWS: signed by another key");
  const auto signing_input = bytes_of(std::string_view(text_).substr(0, signing_input_size_));
  if (!key.verifies(signing_input, signature_)) {
    return fail(Reason::bad_signature, "JWS-10", "JWS: the signature does not verify");
  }
  return {};
}

}  // namespace pd::identity
