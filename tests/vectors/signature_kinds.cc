#include "identity/certificate.h"
#include "identity/http_signature.h"
#include "identity/jws.h"
#include "kinds.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace

// {"jws","typ","max_bytes","key"} → {"payload","kid","hash"}, and "jwk" where the header has one
Result<Json> jws(const Json& input) {
  const auto key = PublicKey::from_jwk(input.at("key"));
  if (!key) return tl::unexpected(key.error());
  const auto jws = Jws::parse(text(input, "jws"), text(input, "typ"), input.at("max_bytes").get<std::size_t>());
  if (!jws) return tl::unexpected(jws.error());
  return jws->verify(*key).map([&] {
    Json output = {{"payload", jws->payload()}, {"kid", jws->key_id()}, {"hash", base64url(jws->hash())}};
    if (jws->embedded_key()) output["jwk"] = jws->embedded_key()->jwk();
    return output;
  });
}

HttpRequest request_of(const Json& json) {
  HttpRequest request{text(json, "method"), text(json, "target"), text(json, "body"), {}};
  for (const Json& header : json.at("headers"))
    request.headers.emplace_back(header.at(0), header.at(1));
  return request;
}

// {"request":{"method","target","headers":[[NAME,VALUE],…],"body"},"key","tag","now"} →
// {"keyid","created","nonce","tag"}
Result<Json> request_signature(const Json& input) {
  const auto key = PublicKey::from_jwk(input.at("key"));
  if (!key) return tl::unexpected(key.error());
  const auto signature = RequestSignature::parse(request_of(input.at("request")));
  if (!signature) return tl::unexpected(signature.error());
  const Time now{Seconds{input.at("now").get<std::int64_t>()}};
  return signature->verify(*key, text(input, "tag"), now).map([&] {
    const SignatureParameters& parameters = signature->parameters();
    return Json{{"keyid", parameters.key_id},
                {"created", parameters.created.time_since_epoch().count()},
                {"nonce", parameters.nonce},
                {"tag", parameters.tag}};
  });
}

// {"der"} in base64url → {"address","key"}
Result<Json> device_certificate(const Json& input) {
  const auto der = from_base64url(text(input, "der"));
  if (!der) return tl::unexpected(der.error());
  return read_peer_certificate(*der).map([](const PeerClaim& claim) {
    return Json{{"address", claim.address.text()}, {"key", claim.key.jwk()}};
  });
}

}  // namespace

std::span<const Kind> signature_kinds() {
  static constexpr Kind kinds[] = {
      {"jws", jws},
      {"request-signature", request_signature},
      {"device-certificate", device_certificate},
  };
  return kinds;
}

}  // namespace pd::vectors
