#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

#include "network.h"

namespace pd::punch::sim {

// "192.0.2.1" or "2001:db8::1".
IpAddress ip_address(std::string_view text);

// A machine in a realm, with sockets that are open at every address it has, 127.0.0.1 among them.
class Host {
 public:
  using Receiver = std::function<void(const Datagram&)>;

  Host(Network& network, Realm& realm, std::string_view v4, std::string_view v6 = {});
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Realm& realm() const { return realm_; }
  Network& network() const { return network_; }
  const IpAddress& v4() const { return v4_; }
  const std::optional<IpAddress>& v6() const { return v6_; }

  // Opens a socket; its port.
  std::uint16_t open(Receiver receiver);
  void send(std::uint16_t port, const TransportAddress& to, identity::ByteView bytes, int hop_limit = 64);
  void receive(const Datagram& datagram);

 private:
  Network& network_;
  Realm& realm_;
  IpAddress v4_;
  std::optional<IpAddress> v6_;
  std::uint16_t next_port_ = 40'000;
  std::map<std::uint16_t, Receiver> sockets_;
};

}  // namespace pd::punch::sim
