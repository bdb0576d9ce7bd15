#pragma once

#include <cstdint>
#include <vector>

#include "identity/endpoint.h"

namespace pd::connect {

// Where this machine can be reached on `port` by its own addresses: those of its running interfaces, without loopback
// and link-local ones, at most max_endpoints, public addresses first. Empty when there is no network.
std::vector<identity::TcpEndpoint> local_endpoints(std::uint16_t port);

}  // namespace pd::connect
