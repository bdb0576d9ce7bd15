#include "http/peer.h"

#include <cstddef>

namespace pd::http {

namespace ip = boost::asio::ip;

namespace {

// Providers give a household a /56 (RIPE-690), some only a /64: counted by that, one customer would be 256 peers.
constexpr std::ptrdiff_t ipv6_prefix_bytes = 7;

}  // namespace

ip::address normalised(const ip::address& address) {
  if (!address.is_v6()) return address;
  const ip::address_v6 six = address.to_v6();
  if (six.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, six);
  return ip::address_v6(six.to_bytes());
}

std::string peer_key(const ip::address& address) {
  const ip::address plain = normalised(address);
  if (plain.is_v4()) {
    const auto bytes = plain.to_v4().to_bytes();
    return std::string(bytes.begin(), bytes.end());
  }
  const auto bytes = plain.to_v6().to_bytes();
  return std::string(bytes.begin(), bytes.begin() + ipv6_prefix_bytes);
}

}  // namespace pd::http
