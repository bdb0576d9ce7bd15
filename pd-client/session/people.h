#pragma once

#include <string>
#include <vector>

#include "directory/failure.h"
#include "directory/peer.h"
#include "identity/address.h"
#include "identity/endpoint.h"
#include "identity/time.h"

namespace pd::session {

// How long what a listener publishes is good for: when it was killed, it is dialled in vain no longer than that.
inline constexpr identity::Seconds endpoint_life{30 * 60};

// Where somebody can be reached.
struct Whereabouts {
  std::vector<identity::TcpEndpoint> endpoints;  // only what one of their devices signed; empty: nowhere
  std::string dropped;  // why other records were not believed, for people; empty: there were none
};

// What sessions need of the directory. Any thread; blocks the calling one. Every function throws directory::Failure.
class People {
 public:
  virtual ~People() = default;

  // Who has the address now, verified. Fails with nobody too.
  virtual directory::VerifiedPeer find(const identity::Address& address) = 0;

  // The same, and nobody but the own server notices: it says what it has kept of them.
  virtual directory::VerifiedPeer find_quietly(const identity::Address& address) = 0;

  // Where `peer` says that they can be reached now.
  virtual Whereabouts endpoints(const directory::VerifiedPeer& peer) = 0;

  // Says where this device can be reached, for the next `endpoint_life`; nothing withdraws what was said before.
  virtual void publish(const std::vector<identity::TcpEndpoint>& endpoints) = 0;
};

}  // namespace pd::session
