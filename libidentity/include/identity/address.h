#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "identity/result.h"

namespace pd::identity {

// A DNS name in lower case, A-labels, 1–253 bytes, at least two labels. Never an IP literal, never with a port.
class Domain {
 public:
  // Folds to lower case. Fails with malformed (rules ADDR-5 … ADDR-8 of schema/spec/address.md).
  static Result<Domain> parse(std::string_view text);

  const std::string& text() const { return text_; }

  auto operator<=>(const Domain&) const = default;

 private:
  explicit Domain(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// `local@domain`: who somebody is to everyone else.
class Address {
 public:
  // Folds to lower case. Accepts "local@domain" and "acct:local@domain" (RFC 7565). Fails with malformed (ADDR-*).
  static Result<Address> parse(std::string_view text);

  const std::string& local() const { return local_; }
  const Domain& domain() const { return domain_; }

  std::string text() const { return local_ + "@" + domain_.text(); }
  std::string uri() const { return "acct:" + text(); }

  auto operator<=>(const Address&) const = default;

 private:
  Address(std::string local, Domain domain) : local_(std::move(local)), domain_(std::move(domain)) {}
  std::string local_;
  Domain domain_;
};

}  // namespace pd::identity
