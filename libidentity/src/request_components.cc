#include "request_components.h"

#include <algorithm>

#include "structured_field.h"

namespace pd::identity {
namespace {

constexpr std::string_view digest_label = "sha-256";
constexpr std::size_t max_value = 4'096;

// There are no other components than these (SIG-1).
constexpr std::string_view method = "@method";
constexpr std::string_view target_uri = "@target-uri";
constexpr std::string_view identity_field = "pd-identity";
constexpr std::string_view digest_field = "content-digest";

tl::unexpected<Error> bad(std::string_view rule, std::string_view problem) {
  return fail(Reason::malformed, rule, "request signature: " + std::string(problem));
}

// Nothing that could be taken for another line of the signature base.
bool is_plain(std::string_view value) {
  return value.size() <= max_value &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string_view trimmed(std::string_view value) {
  const auto first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(" \t") - first + 1);
}

bool has_field(const HttpRequest& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const auto& header) { return header.first == name; });
}

// RFC 9421, sections 2.1 and 2.2.
Result<std::string> component_value(const HttpRequest& request, std::string_view name) {
  if (name == identity_field || name == digest_field) return required_field(request, name);
  if (name != method && name != target_uri) {
    return fail(Reason::unsupported, "SIG-1", "request signature: covers a component that is none of ours");
  }
  const std::string& value = name == method ? request.method : request.target_uri;
  if (value.empty() || !is_plain(value)) return bad("SIG-1", "the method or the target is not of printable ASCII");
  return value;
}

}  // namespace

std::vector<std::string> components_to_cover(const HttpRequest& request) {
  std::vector<std::string> names = {std::string(method), std::string(target_uri)};
  if (has_field(request, identity_field)) names.emplace_back(identity_field);
  if (!request.body.empty()) names.emplace_back(digest_field);
  return names;
}

Result<std::vector<Component>> read_components(const HttpRequest& request, std::span<const std::string> names) {
  std::vector<Component> components;
  for (const std::string& name : names) {
    const auto same_name = [&](const Component& component) { return component.first == name; };
    if (std::any_of(components.begin(), components.end(), same_name)) return bad("SIG-1", "covers a component twice");
    auto value = component_value(request, name);
    if (!value) return tl::unexpected(value.error());
    components.emplace_back(name, std::move(*value));
  }
  return components;
}

Result<std::string> required_field(const HttpRequest& request, std::string_view name) {
  if (!has_field(request, name)) return bad("SIG-5", "the field " + std::string(name) + " is missing");
  std::string_view value;
  std::size_t count = 0;
  for (const auto& [header, text] : request.headers) {
    if (header == name && ++count == 1) value = trimmed(text);
  }
  // Who reads the first and who reads the last would see two different requests.
  if (count > 1) return bad("SIG-5", "the field " + std::string(name) + " comes twice");
  if (!is_plain(value))
    return bad("SIG-5", "the field " + std::string(name) + " is too long or not of printable ASCII");
  return std::string(value);
}

std::string content_digest(std::string_view body) {
  return serialize_bytes_member(digest_label, sha256(bytes_of(body)));
}

Result<void> check_content_digest(std::string_view field, std::string_view body) {
  const auto digest = parse_bytes_member(field, digest_label);
  if (!digest) return bad("SIG-4", "content-digest is not one sha-256 digest: " + digest.error().message);
  if (digest->size() != Hash{}.size()) return bad("SIG-4", "content-digest is not of 32 bytes");
  if (!equal_constant_time(*digest, sha256(bytes_of(body)))) {
    return fail(Reason::wrong_subject, "SIG-4", "request signature: content-digest is that of another body");
  }
  return {};
}

std::string signature_base(std::span<const Component> components, std::string_view input) {
  std::string base;
  for (const auto& [name, value] : components)
    base += "\"" + name + "\": " + value + "\n";
  return base.append("\"@signature-params\": ").append(input);
}

}  // namespace pd::identity
