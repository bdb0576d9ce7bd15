#pragma once

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "directory/peer.h"
#include "identity/address.h"
#include "identity/certificate.h"
#include "identity/key.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::connect {

// What this device proves itself with. Immutable; shared by every connection.
class Credentials {
 public:
  Credentials(const identity::Address& address, identity::PrivateKey device_key, identity::Time now);

  const identity::Address& address() const { return address_; }
  const identity::PrivateKey& device_key() const { return key_; }
  const std::string& certificate() const { return certificate_; }  // PEM

 private:
  identity::Address address_;
  identity::PrivateKey key_;
  std::string certificate_;
};

// A context for dialling `callee`, who must outlive it: the handshake fails unless the other side proves a device key
// of theirs (SESS-3). Why it failed, handshake_failure() knows.
boost::asio::ssl::context dialling_context(const Credentials& self, const directory::VerifiedPeer& callee);

// A context for being dialled: the handshake fails unless the other side proves the key of a certificate that keeps
// SESS-2. Whose key it is remains to be found out.
boost::asio::ssl::context answering_context(const Credentials& self);

// The same, when it is known who will dial: the handshake fails unless they prove a device key of `caller`, which must
// outlive the context.
boost::asio::ssl::context answering_context(const Credentials& self, const directory::VerifiedPeer& caller);

// What the other side's certificate claims, after a handshake.
identity::Result<identity::PeerClaim> claim_of(SSL* connection);

}  // namespace pd::connect
