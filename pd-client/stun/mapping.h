#pragma once

#include <span>

#include <boost/asio/ip/udp.hpp>

#include "stun/message.h"

namespace pd::stun {

// What one server saw of a socket.
struct Observation {
  boost::asio::ip::udp::endpoint server;  // whom the request was sent to
  Mapped mapped;
};

// How the way from a socket to the world gives it an address (RFC 4787, section 4.1).
enum class Mapping {
  unknown,               // fewer than two servers answered, and what they saw is not the socket's own address
  none,                  // no translation: they saw the socket's own address
  endpoint_independent,  // all saw the same: whoever knows it can be told to send there ("cone")
  dependent,             // it changes with the server or its port ("symmetric")
};

// From what servers saw of one socket, which is bound to `port` on a machine with the addresses `own`. Two ports of one
// server are enough to know a mapping that depends on address and port; one that depends on the address alone shows
// only between two servers.
Mapping mapping_of(std::span<const Observation> seen, std::span<const boost::asio::ip::address> own,
                   std::uint16_t port);

}  // namespace pd::stun
