#include "gather/gateway.h"

#include <natpmp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace pd::gather {

using punch::IpAddress;

namespace {

IpAddress address_from(const in_addr& address) {
  IpAddress::V4 bytes;
  const auto* first = reinterpret_cast<const std::uint8_t*>(&address.s_addr);
  std::copy_n(first, bytes.size(), bytes.begin());
  return IpAddress::v4(bytes);
}

}  // namespace

std::optional<Gateway> default_gateway() {
  natpmp_t session;
  if (initnatpmp(&session, 0, 0) != 0) {  // it finds the gateway, and connects a socket to it
    return std::nullopt;
  }
  sockaddr_in ours{};
  socklen_t size = sizeof ours;
  const bool known = ::getsockname(session.s, reinterpret_cast<sockaddr*>(&ours), &size) == 0;
  const Gateway gateway{address_from({session.gateway}), address_from(ours.sin_addr)};
  closenatpmp(&session);
  if (!known || !gateway.address.is_private()) {
    return std::nullopt;
  }
  return gateway;
}

}  // namespace pd::gather
