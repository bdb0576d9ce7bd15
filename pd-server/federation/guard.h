#pragma once

#include <boost/asio/ip/address.hpp>

namespace pd::federation {

// True for an address of the public Internet: one that a stranger's domain name may lead this server to (FED-8). False
// for everything that IANA's special-purpose registries (RFC 6890) keep for loopback, links, private networks, shared
// address space, multicast, documentation, benchmarks and the future, and for IPv6 addresses that carry such an IPv4
// address inside: mapped, compatible, 6to4 and NAT64. Teredo and local-use NAT64 are refused whole.
bool is_public(const boost::asio::ip::address& address);

}  // namespace pd::federation
