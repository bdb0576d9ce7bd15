#pragma once

#include <string>
#include <string_view>

#include "identity/address.h"
#include "identity/key.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

// A self-signed X.509 certificate on `device_key`, PEM: subjectAltName is the URI acct:local@domain (RFC 7565), no
// names in the subject, valid from a day before `now` for ten years. Nobody trusts it for what it says: the key does
// the proving.
std::string device_certificate(const PrivateKey& device_key, const Address& address, Time now);

// What a peer's certificate claims. TLS has proven possession of `key`; `address` is only a claim until the key is
// found in the verified identity of that address.
struct PeerClaim {
  Address address;
  PublicKey key;
};

// Reads a DER certificate of at most 4,096 bytes. Fails with too_large, malformed or unsupported: not Ed25519, no acct:
// URI or more than one (CERT-* of schema/spec/device-certificate.md).
Result<PeerClaim> read_peer_certificate(ByteView der);

}  // namespace pd::identity
