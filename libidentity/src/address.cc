#include "identity/address.h"

#include <algorithm>

#include "identity/encoding.h"

namespace pd::identity {
namespace {

constexpr std::size_t max_local = 64;
constexpr std::size_t max_domain = 253;
constexpr std::size_t max_label = 63;
constexpr std::string_view scheme = "acct:";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

tl::unexpected<Error> bad_domain(std::string_view rule, std::string_view problem) {
  return fail(Reason::malformed, rule, "domain: " + std::string(problem));
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= max_label && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

// What URL parsers take for the last part of an IPv4 address: decimal, octal or hexadecimal.
bool is_number(std::string_view label) {
  if (label.starts_with("0x")) return std::all_of(label.begin() + 2, label.end(), is_hex_digit);
  return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_local(std::string_view local) {
  return !local.empty() && local.size() <= max_local && is_letter_or_digit(local.front()) &&
         std::all_of(local.begin(), local.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace

Result<Domain> Domain::parse(std::string_view text) {
  if (text.empty() || text.size() > max_domain) return bad_domain("ADDR-5", "not of 1 to 253 bytes");
  std::string name = lower(text);
  std::string_view rest = name;
  std::string_view label;
  for (bool last = false; !last;) {
    const auto dot = rest.find('.');
    last = dot == std::string_view::npos;
    label = rest.substr(0, dot);
    if (!is_label(label)) return bad_domain("ADDR-6", "a label is not of 1 to 63 letters, digits and inner hyphens");
    if (!last) rest.remove_prefix(dot + 1);
  }
  if (label.size() == name.size()) return bad_domain("ADDR-7", "only one label");
  if (is_number(label)) return bad_domain("ADDR-8", "an IP address is not a domain");
  return Domain(std::move(name));
}

Result<Address> Address::parse(std::string_view text) {
  // RFC 3986, section 3.1: a scheme is the same in any case.
  if (lower(text.substr(0, scheme.size())) == scheme) text.remove_prefix(scheme.size());
  const auto at = text.find('@');
  if (at == std::string_view::npos) return fail(Reason::malformed, "ADDR-1", "address: no \"@\"");
  std::string local = lower(text.substr(0, std::min(at, max_local + 1)));
  if (!is_local(local)) {
    return fail(Reason::malformed, "ADDR-2",
                "address: the part before \"@\" is not of 1 to 64 letters, digits, dots, hyphens and underscores, "
                "beginning with a letter or digit");
  }
  return Domain::parse(text.substr(at + 1)).map([&](Domain&& domain) {
    return Address(std::move(local), std::move(domain));
  });
}

}  // namespace pd::identity
