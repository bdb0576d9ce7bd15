#include "connect/local_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "connect/tls_link.h"

namespace pd::connect {

namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

address address_of(const sockaddr* name) {
  if (name->sa_family == AF_INET) {
    return address_v4(ntohl(reinterpret_cast<const sockaddr_in*>(name)->sin_addr.s_addr));
  }
  address_v6::bytes_type bytes;
  std::copy_n(reinterpret_cast<const sockaddr_in6*>(name)->sin6_addr.s6_addr, bytes.size(), bytes.begin());
  return address_v6(bytes);
}

bool is_link_local(const address& ip) {
  return ip.is_v6() ? ip.to_v6().is_link_local() : (ip.to_v4().to_uint() >> 16) == 0xa9fe;  // 169.254.0.0/16
}

// Of use only inside some network: RFC 1918, RFC 6598, RFC 4193.
bool is_private(const address& ip) {
  if (ip.is_v6()) {
    return (ip.to_v6().to_bytes()[0] & 0xfe) == 0xfc;
  }
  const auto bits = ip.to_v4().to_uint();
  return bits >> 24 == 10 || bits >> 20 == 0xac1 || bits >> 16 == 0xc0a8 || bits >> 22 == 0x191;
}

}  // namespace

std::vector<address> local_ips() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) {
    return {};
  }
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(first, &freeifaddrs);
  std::vector<address> found;
  for (const ifaddrs* it = first; it != nullptr; it = it->ifa_next) {
    const bool ip =
        it->ifa_addr != nullptr && (it->ifa_addr->sa_family == AF_INET || it->ifa_addr->sa_family == AF_INET6);
    if (!ip || (it->ifa_flags & IFF_UP) == 0 || (it->ifa_flags & IFF_LOOPBACK) != 0) {
      continue;
    }
    const address candidate = address_of(it->ifa_addr);
    if (!candidate.is_loopback() && !is_link_local(candidate) &&
        std::find(found.begin(), found.end(), candidate) == found.end()) {
      found.push_back(candidate);
    }
  }
  std::stable_partition(found.begin(), found.end(), [](const address& ip) { return !is_private(ip); });
  return found;
}

std::vector<identity::TcpEndpoint> local_endpoints(std::uint16_t port) {
  auto found = local_ips();
  found.resize(std::min(found.size(), identity::max_endpoints));
  std::vector<identity::TcpEndpoint> endpoints;
  for (const auto& ip : found) {
    if (auto endpoint = identity::TcpEndpoint::parse(text_of({ip, port}))) {
      endpoints.push_back(*std::move(endpoint));
    }
  }
  return endpoints;
}

}  // namespace pd::connect
