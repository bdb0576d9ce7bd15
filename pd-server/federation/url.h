#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "identity/address.h"
#include "identity/result.h"

namespace pd::federation {

inline constexpr std::size_t max_url_bytes = 500;

// An https URL of a named host: all that this server ever connects to.
struct Url {
  identity::Domain host;
  std::uint16_t port;  // 443 unless written
  std::string target;  // path and query, "/" at least

  // The Host header: the port only when it is not 443.
  std::string authority() const;
  std::string text() const { return "https://" + authority() + target; }
};

// Reads "https://host[:port][/path]". Fails with malformed: another scheme, a user name, an IP literal, a fragment, a
// byte that a URL may not have (FED-4).
identity::Result<Url> parse_url(std::string_view text);

}  // namespace pd::federation
