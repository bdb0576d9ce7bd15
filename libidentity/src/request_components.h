#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "identity/http_signature.h"

// What a request signature covers, and the text that is signed (rules SIG-1, SIG-2, SIG-4, SIG-5).
namespace pd::identity {

// A covered component's name and value: ("@method", "PUT").
using Component = std::pair<std::string, std::string>;

// The names of what must be covered in `request`, in the order in which sign_request() covers them (SIG-1).
std::vector<std::string> components_to_cover(const HttpRequest& request);

// The named components with their values. Fails with malformed or unsupported when a name comes twice, is none of ours,
// or has no value in `request`.
Result<std::vector<Component>> read_components(const HttpRequest& request, std::span<const std::string> names);

// The value of the field `name`, which must be there exactly once.
Result<std::string> required_field(const HttpRequest& request, std::string_view name);

// `sha-256=:…:` (RFC 9530).
std::string content_digest(std::string_view body);
// Fails with malformed, or wrong_subject when `field` is the digest of another body (SIG-4).
Result<void> check_content_digest(std::string_view field, std::string_view body);

// The text that is signed (RFC 9421, section 2.5): a line for each component, then `input`, which is the inner list of
// Signature-Input as serialize() writes it.
std::string signature_base(std::span<const Component> components, std::string_view input);

}  // namespace pd::identity
