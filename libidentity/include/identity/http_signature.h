#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "identity/key.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

// The parts of an HTTP request that a signature covers (RFC 9421). `target_uri` is absolute, in the form the client
// meant it ("https://example.org/v1/identities/olivier@example.org"): a server builds it from its own public name,
// never from the Host header alone.
struct HttpRequest {
  std::string method;  // "PUT"
  std::string target_uri;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
};

// What the signature is for; the same bytes are never valid for two purposes ("tag", RFC 9421, section 2.3).
inline constexpr std::string_view tag_user = "pd-user";
inline constexpr std::string_view tag_federation = "pd-federation";

struct SignatureParameters {
  std::string key_id;  // thumbprint, base64url
  Time created;
  std::string nonce;  // a server's challenge for tag_user; fresh random for tag_federation
  std::string tag;
};

// True when `text` looks like a server's challenge: 16 to 128 characters of base64url (SIG-11). A client signs nothing
// else.
bool is_challenge(std::string_view text);

// The headers to add to a request: content-digest (RFC 9530, sha-256; only with a body), signature-input, signature.
// Covered are "@method", "@target-uri", "pd-identity" where the request has it, and "content-digest" where there is a
// body (SIG-1 … SIG-4 of schema/spec/request-signatures.md). A content-digest that the request has already is replaced
// by ours.
//
// Throws std::invalid_argument when a covered value or a parameter is not of printable ASCII: ask is_challenge() about
// what a server sent before it comes here.
std::vector<std::pair<std::string, std::string>> sign_request(const HttpRequest& request, const PrivateKey& key,
                                                              const SignatureParameters& parameters);

// A request's one signature labelled "pd", read and found to cover all it must, and the digest to match the body.
// Not yet verified: the caller finds the key by parameters().key_id, then asks verify().
class RequestSignature {
 public:
  // Fails with malformed, unsupported, or wrong_subject (the digest is of another body) (SIG-*).
  static Result<RequestSignature> parse(const HttpRequest& request);

  const SignatureParameters& parameters() const { return parameters_; }

  // Fails with wrong_subject (another tag), wrong_key, bad_signature, or expired / not_yet_valid when created is more
  // than clock_skew from `now`. That the nonce is a live challenge is for the caller to check.
  Result<void> verify(const PublicKey& key, std::string_view tag, Time now) const;

 private:
  RequestSignature() = default;
  SignatureParameters parameters_;
  std::string base_;  // RFC 9421, section 2.5
  Bytes signature_;
};

}  // namespace pd::identity
