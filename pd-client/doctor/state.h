#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "connect/link.h"
#include "connect/outcome.h"
#include "directory/failure.h"
#include "directory/peer.h"
#include "identity/address.h"
#include "identity/descriptor.h"
#include "identity/time.h"
#include "punch/description.h"
#include "punch/transport_address.h"

// What `pdctl doctor` has measured. Nothing here judges.
namespace pd::doctor {

// A domain's server, as asked over HTTPS.
struct ServerState {
  identity::Domain domain;
  identity::Time now;                         // by the clock of this machine
  std::optional<directory::Failure> failure;  // it cannot be asked, or does not prove who it is
  std::optional<identity::Seconds> ahead;     // how far the clock of this machine is before the server's
  std::optional<identity::Time> certificate_expires;
  std::optional<identity::Time> descriptor_expires;
  bool ready = false;                      // a read and a write of its database worked
  std::vector<identity::StunServer> stun;  // that its descriptor names
};

// Where this machine is, as its interfaces, STUN servers and its router say.
struct NetworkState {
  std::vector<punch::IpAddress> addresses;             // of its interfaces: neither loopback nor link-local
  std::vector<identity::StunServer> stun;              // who was asked
  std::vector<punch::TransportAddress> seen_over_udp;  // by them; each once
  std::vector<punch::TransportAddress> seen_over_tcp;
  punch::NatKind nat = punch::NatKind::unknown;
  bool router_asked = false;                          // whether the environment allowed it (RACE-3)
  std::optional<punch::TransportAddress> mapped_udp;  // what the router forwards
  std::optional<punch::TransportAddress> mapped_tcp;
  std::string how;  // "by PCP", or why it forwards nothing
};

// The owner of this home, as the directory knows them.
struct OwnState {
  identity::Address address;
  std::optional<directory::Failure> failure;
  bool active = false;
  bool device_listed = false;  // this machine speaks for them
};

// Somebody was reached.
struct Path {
  std::string where;                   // for people
  std::optional<connect::Path> taken;  // none: they have called at the same moment
};
using Attempt = std::variant<Path, connect::NoLink>;

// Somebody else.
struct PeerState {
  identity::Address address;
  std::optional<directory::Failure> failure;  // the directory does not name them, or not provably
  bool active = false;
  std::size_t devices = 0;
  bool confirmed = false;
  bool stale = false;
  directory::Trust trust = directory::Trust::seen;
  std::optional<Attempt> attempt;  // none: there was nobody to reach
};

}  // namespace pd::doctor
