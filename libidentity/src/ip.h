#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pd::identity {

// The one spelling of an IP address literal that names a single host (EP-4): dotted decimal for IPv4, RFC 5952 for
// IPv6. None for anything else: names, zones, the unspecified address, multicast, broadcast, link-local IPv4, and IPv6
// spellings of IPv4 addresses.
std::optional<std::string> canonical_ipv4(std::string_view text);
std::optional<std::string> canonical_ipv6(std::string_view text);

}  // namespace pd::identity
