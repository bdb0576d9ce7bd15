#pragma once

#include <cstdint>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "identity/endpoint.h"

namespace pd::connect {

// The addresses of the running interfaces of this machine, each once, without loopback and link-local ones, public ones
// first. Empty when there is no network.
std::vector<boost::asio::ip::address> local_ips();

// Where this machine can be reached on `port` by its own addresses: those of its running interfaces, without loopback
// and link-local ones, at most max_endpoints, public addresses first. Empty when there is no network.
std::vector<identity::TcpEndpoint> local_endpoints(std::uint16_t port);

}  // namespace pd::connect
