#pragma once

#include <chrono>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "net/udp_socket.h"
#include "stun/mapping.h"
#include "stun/query.h"

namespace pd::gather {

// Asks these servers, of the socket's family, from one UDP socket, all at once, and returns what they saw: when all
// have answered or are silent, or at `until`. What else comes to the socket in the meantime is lost. May be cancelled
// (terminal), then throws operation_aborted.
boost::asio::awaitable<std::vector<stun::Observation>> ask_over_udp(net::UdpSocket& socket,
                                                                    std::vector<boost::asio::ip::udp::endpoint> servers,
                                                                    std::chrono::steady_clock::time_point until);

}  // namespace pd::gather
