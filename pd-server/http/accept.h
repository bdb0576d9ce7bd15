#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

// What listeners of any protocol over TCP have in common.
namespace pd::http {

// Binds and listens. [::] takes IPv4 as well, whatever the system's default is. Throws boost::system::system_error.
boost::asio::ip::tcp::acceptor open_acceptor(boost::asio::io_context& context,
                                             const boost::asio::ip::tcp::endpoint& endpoint);

// Whether an error of accept(2) concerns one connection, not the listener: the next may be fine at once. Otherwise
// descriptors or memory have run out; others give theirs back sooner or later, and until then the queue of the system
// is patient.
bool is_of_one_connection(const boost::system::error_code& error);

// Before the next attempt where they have.
inline constexpr std::chrono::milliseconds accept_pause{50};

}  // namespace pd::http
