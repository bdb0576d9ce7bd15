#pragma once

#include <string>

#include <boost/asio/ip/address.hpp>

namespace pd::http {

// An IPv4 address that came mapped into IPv6 (::ffff:192.0.2.1) as what it is; others unchanged, without a scope.
boost::asio::ip::address normalised(const boost::asio::ip::address& address);

// The bytes by which limits count somebody: an IPv4 address whole, of an IPv6 address the first 56 bits, since whoever
// has one of those may have them all (API-7). Takes any address, mapped or not.
std::string peer_key(const boost::asio::ip::address& address);

}  // namespace pd::http
