#include "members.h"

#include <string>

namespace pd::identity {
namespace {

// A text of `Name`, refused unless it is the spelling that `Name` itself would write.
template <class Name>
Result<Name> name_member(const Json& object, std::string_view name, std::string_view rule) {
  const auto text = string_member(object, name, rule);
  if (!text) return tl::unexpected(text.error());
  auto parsed = Name::parse(*text);
  if (!parsed) return tl::unexpected(enclose(parsed.error(), rule, name));
  const std::string spelling = parsed->text();
  if (spelling != *text) {
    return fail(Reason::malformed, rule, std::string(name) + " must be written \"" + spelling + "\"");
  }
  return parsed;
}

}  // namespace

Error enclose(const Error& error, std::string_view rule, std::string_view context) {
  std::string message = std::string(context) + ": " + error.message;
  if (!error.rule.empty() && error.rule != rule) message += " (" + error.rule + ")";
  return {error.reason, std::string(rule), std::move(message)};
}

Error enclose(const Error& error, std::string_view context) {
  return {error.reason, error.rule, std::string(context) + ": " + error.message};
}

Result<Address> address_member(const Json& object, std::string_view name, std::string_view rule) {
  return name_member<Address>(object, name, rule);
}

Result<Domain> domain_member(const Json& object, std::string_view name, std::string_view rule) {
  return name_member<Domain>(object, name, rule);
}

Result<Hash> hash_member(const Json& object, std::string_view name, std::string_view rule) {
  const auto text = string_member(object, name, rule);
  if (!text) return tl::unexpected(text.error());
  auto hash = hash_from_base64url(*text);
  if (!hash) return tl::unexpected(enclose(hash.error(), rule, name));
  return hash;
}

Result<PublicKey> key_member(const Json& object, std::string_view name, std::string_view rule) {
  const auto jwk = object_member(object, name, rule);
  if (!jwk) return tl::unexpected(jwk.error());
  auto key = PublicKey::from_jwk(**jwk);
  if (!key) return tl::unexpected(enclose(key.error(), rule, name));
  return key;
}

}  // namespace pd::identity
