#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "identity/encoding.h"
#include "punch/transport_address.h"

namespace pd::punch::sim {

struct Datagram {
  TransportAddress from;
  TransportAddress to;
  identity::Bytes bytes;
  int hop_limit = 64;
};

// RFC 4787, sections 4.1 and 5.
enum class Mapping { none, endpoint_independent, symmetric };
enum class Filtering { endpoint_independent, address_dependent, address_and_port_dependent };

struct BoxKind {
  Mapping mapping = Mapping::endpoint_independent;
  Filtering filtering = Filtering::address_and_port_dependent;
  bool hairpins = false;
  bool drops_udp = false;
  // Remembers what it did not let in, and keeps what is sent there afterwards apart from it: by another port.
  bool is_confused_by_strangers = false;
};

// A NAT, or a firewall that only filters, between the inside and the outside. IPv6 is filtered, and never translated.
class Box {
 public:
  Box(const BoxKind& kind, const IpAddress& outer, std::uint32_t seed) : kind_(kind), outer_(outer), random_(seed) {}

  const BoxKind& kind() const { return kind_; }
  const IpAddress& outer() const { return outer_; }

  // Rewrites what goes out or comes in. False when it does not let it through.
  bool outbound(Datagram& datagram);
  bool inbound(Datagram& datagram);

  // Forwards a port to `inner`, whoever sends (PCP, UPnP).
  TransportAddress forward(const TransportAddress& inner);

 private:
  using Remote = std::optional<TransportAddress>;  // none: any
  using Flow = std::pair<TransportAddress, Remote>;

  bool lets_in(const TransportAddress& inner, const TransportAddress& from) const;
  std::uint16_t port_for(const TransportAddress& inner, const TransportAddress& to);
  std::uint16_t new_port();

  BoxKind kind_;
  IpAddress outer_;
  std::mt19937 random_;
  std::map<Flow, std::uint16_t> ports_;
  std::map<std::uint16_t, Flow> flows_;
  std::set<std::uint16_t> forwarded_;
  std::map<TransportAddress, std::set<TransportAddress>> contacted_;  // by inner address
  std::set<std::pair<std::uint16_t, TransportAddress>> strangers_;    // who came to which port
};

}  // namespace pd::punch::sim
