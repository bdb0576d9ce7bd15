#include "host.h"

#include <string>
#include <utility>

namespace pd::punch::sim {

IpAddress ip_address(std::string_view text) {
  const bool is_v4 = text.find(':') == text.npos;
  return TransportAddress::parse((is_v4 ? std::string(text) : "[" + std::string(text) + "]") + ":1").value().ip;
}

Host::Host(Network& network, Realm& realm, std::string_view v4, std::string_view v6)
    : network_(network), realm_(realm), v4_(ip_address(v4)) {
  realm_.hosts.emplace(v4_, this);
  if (!v6.empty()) {
    v6_ = ip_address(v6);
    network_.internet().hosts.emplace(*v6_, this);
  }
}

std::uint16_t Host::open(Receiver receiver) {
  sockets_.emplace(next_port_, std::move(receiver));
  return next_port_++;
}

void Host::send(std::uint16_t port, const TransportAddress& to, identity::ByteView bytes, int hop_limit) {
  if (!to.ip.is_v4() && !v6_) return;
  const IpAddress from = to.ip.is_loopback() ? to.ip : to.ip.is_v4() ? v4_ : *v6_;
  Datagram datagram{{from, port}, to, identity::Bytes(bytes.begin(), bytes.end()), hop_limit};
  if (!to.ip.is_loopback()) return network_.send(realm_, std::move(datagram));
  if (network_.watch) network_.watch(datagram);
  network_.at(network_.now() + std::chrono::microseconds(20), [this, datagram] { receive(datagram); });
}

void Host::receive(const Datagram& datagram) {
  const auto found = sockets_.find(datagram.to.port);
  if (found != sockets_.end()) found->second(datagram);
}

}  // namespace pd::punch::sim
