#pragma once

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/basic_endpoint.hpp>

#include "punch/transport_address.h"

// Between what Asio calls an address or an endpoint and what the pure parts do.
namespace pd::gather {

inline punch::IpAddress ip_of(const boost::asio::ip::address& address) {
  if (address.is_v6()) {
    return punch::IpAddress::v6(address.to_v6().to_bytes());
  }
  return punch::IpAddress::v4(address.to_v4().to_bytes());
}

template <class Protocol>
punch::TransportAddress transport_address(const boost::asio::ip::basic_endpoint<Protocol>& endpoint) {
  return {ip_of(endpoint.address()), endpoint.port()};
}

template <class Protocol>
boost::asio::ip::basic_endpoint<Protocol> endpoint_of(const punch::TransportAddress& address) {
  if (address.ip.is_v4()) {
    return {boost::asio::ip::address_v4(address.ip.v4_bytes()), address.port};
  }
  return {boost::asio::ip::address_v6(address.ip.v6_bytes()), address.port};
}

}  // namespace pd::gather
