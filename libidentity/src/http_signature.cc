#include "identity/http_signature.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "request_components.h"
#include "structured_field.h"

namespace pd::identity {
namespace {

constexpr std::string_view label = "pd";
constexpr std::string_view signature_algorithm = "ed25519";  // RFC 9421, section 3.3.6
constexpr std::string_view input_field = "signature-input";
constexpr std::string_view signature_field = "signature";
constexpr std::string_view digest_field = "content-digest";
constexpr std::size_t max_parameter = 128;
constexpr std::size_t min_challenge = 16;

tl::unexpected<Error> bad_parameter(std::string_view name, std::string_view problem) {
  return fail(Reason::malformed, "SIG-3",
              "request signature: the parameter " + std::string(name) + " " + std::string(problem));
}

// The parameter `name` as a T: std::int64_t or std::string.
template <class T>
Result<T> parameter(const InnerList& input, std::string_view name) {
  const auto found = std::find_if(input.parameters.begin(), input.parameters.end(),
                                  [&](const auto& candidate) { return candidate.first == name; });
  if (found == input.parameters.end()) return bad_parameter(name, "is missing");
  const T* value = std::get_if<T>(&found->second);
  if (!value) return bad_parameter(name, "is of another type");
  return *value;
}

Result<std::string> text_parameter(const InnerList& input, std::string_view name) {
  auto text = parameter<std::string>(input, name);
  if (text && (text->empty() || text->size() > max_parameter)) return bad_parameter(name, "is empty or too long");
  return text;
}

// A parameter that we do not know might be one that limits the signature, as "expires" does: refused, not ignored.
Result<void> check_names_and_algorithm(const InnerList& input) {
  constexpr std::array<std::string_view, 5> known = {"created", "keyid", "alg", "nonce", "tag"};
  for (const auto& [name, value] : input.parameters) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return fail(Reason::unsupported, "SIG-3", "request signature: has a parameter that is none of ours");
    }
    if (name == "alg" && value != InnerList::Value(std::string(signature_algorithm))) {
      return fail(Reason::unsupported, "SIG-3", "request signature: \"alg\" is not \"ed25519\"");
    }
  }
  return {};
}

Result<SignatureParameters> read_parameters(const InnerList& input) {
  if (auto checked = check_names_and_algorithm(input); !checked) return tl::unexpected(checked.error());
  const auto created = parameter<std::int64_t>(input, "created");
  if (!created) return tl::unexpected(created.error());
  if (*created < 0) return bad_parameter("created", "is negative");
  auto key_id = text_parameter(input, "keyid");
  if (!key_id) return tl::unexpected(key_id.error());
  if (!hash_from_base64url(*key_id)) return bad_parameter("keyid", "is not a thumbprint");
  auto nonce = text_parameter(input, "nonce");
  if (!nonce) return tl::unexpected(nonce.error());
  auto tag = text_parameter(input, "tag");
  if (!tag) return tl::unexpected(tag.error());
  return SignatureParameters{std::move(*key_id), Time(Seconds(*created)), std::move(*nonce), std::move(*tag)};
}

// Reads what is covered, and checks that it is enough and that the digest is the body's.
Result<std::vector<Component>> read_covered(const HttpRequest& request, const std::vector<std::string>& names) {
  for (const std::string& needed : components_to_cover(request)) {
    if (std::find(names.begin(), names.end(), needed) == names.end()) {
      return fail(Reason::malformed, "SIG-1", "request signature: does not cover " + needed);
    }
  }
  auto components = read_components(request, names);
  if (!components) return components;
  for (const auto& [name, value] : *components) {
    if (name != digest_field) continue;
    if (auto checked = check_content_digest(value, request.body); !checked) return tl::unexpected(checked.error());
  }
  return components;
}

Result<Bytes> read_signature(const HttpRequest& request) {
  const auto field = required_field(request, signature_field);
  if (!field) return tl::unexpected(field.error());
  auto signature = parse_bytes_member(*field, label);
  if (signature && signature->size() != Signature{}.size()) {
    return fail(Reason::malformed, "SIG-6", "request signature: the signature is not of 64 bytes");
  }
  return signature;
}

}  // namespace

bool is_challenge(std::string_view text) {
  const auto is_base64url = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return text.size() >= min_challenge && text.size() <= max_parameter &&
         std::all_of(text.begin(), text.end(), is_base64url);
}

std::vector<std::pair<std::string, std::string>> sign_request(const HttpRequest& request, const PrivateKey& key,
                                                              const SignatureParameters& parameters) {
  HttpRequest signed_request = request;
  std::vector<std::pair<std::string, std::string>> added;
  if (!request.body.empty()) {
    added.emplace_back(digest_field, content_digest(request.body));
    std::erase_if(signed_request.headers, [](const auto& header) { return header.first == digest_field; });
    signed_request.headers.push_back(added.back());
  }
  InnerList input{components_to_cover(signed_request),
                  {{"created", std::int64_t{parameters.created.time_since_epoch().count()}},
                   {"keyid", parameters.key_id},
                   {"alg", std::string(signature_algorithm)},
                   {"nonce", parameters.nonce},
                   {"tag", parameters.tag}}};
  const auto components = read_components(signed_request, input.items);
  if (!components) throw std::invalid_argument(components.error().message);
  const std::string input_text = serialize(input);
  const Signature signature = key.sign(bytes_of(signature_base(*components, input_text)));
  added.emplace_back(input_field, std::string(label) + "=" + input_text);
  added.emplace_back(signature_field, serialize_bytes_member(label, signature));
  return added;
}

Result<RequestSignature> RequestSignature::parse(const HttpRequest& request) {
  const auto field = required_field(request, input_field);
  if (!field) return tl::unexpected(field.error());
  const auto input = parse_inner_list_member(*field, label);
  if (!input) return tl::unexpected(input.error());
  auto parameters = read_parameters(*input);
  if (!parameters) return tl::unexpected(parameters.error());
  const auto components = read_covered(request, input->items);
  if (!components) return tl::unexpected(components.error());
  auto signature = read_signature(request);
  if (!signature) return tl::unexpected(signature.error());

  RequestSignature out;
  out.parameters_ = std::move(*parameters);
  out.base_ = signature_base(*components, serialize(*input));
  out.signature_ = std::move(*signature);
  return out;
}

Result<void> RequestSignature::verify(const PublicKey& key, std::string_view tag, Time now) const {
  if (parameters_.tag != tag)
    return fail(Reason::wrong_subject, "SIG-7", "request signature: made for another purpose");
  if (parameters_.key_id != key.id()) return fail(Reason::wrong_key, "SIG-8", "request signature: made by another key");
  // Before the signature, because it is cheaper: what is old is refused whoever made it.
  if (parameters_.created < now - clock_skew) return fail(Reason::expired, "SIG-9", "request signature: too old");
  if (parameters_.created > now + clock_skew) {
    return fail(Reason::not_yet_valid, "SIG-9", "request signature: dated in the future");
  }
  if (!key.verifies(bytes_of(base_), signature_)) {
    return fail(Reason::bad_signature, "SIG-10", "request signature: does not verify");
  }
  return {};
}

}  // namespace pd::identity
