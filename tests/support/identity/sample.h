#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "identity/endpoint.h"
#include "identity/operation.h"

// Keys, names and times that are the same in every run, for the tests and the vectors of the identity formats.
namespace pd::identity::sample {

// The key whose seed is the SHA-256 of "pd test key: NAME".
PrivateKey key(std::string_view name);

Address address(std::string_view text);
Domain domain(std::string_view text);
TcpEndpoint endpoint(std::string_view text);
TcpEndpoint loopback(std::uint16_t port);  // 127.0.0.1

// `seconds` after 2027-01-15T08:00:00Z.
Time at(std::int64_t seconds);

// A state with the identity key "identity", one device "laptop" with the key "laptop", and recovery keys "recovery 0" …
IdentityState state(std::string_view address = "olivier@example.org", std::size_t recovery_keys = 2);

// A create of `first` at `time`, signed by its identity key "identity".
Operation create(const IdentityState& first = state(), Time time = at(0));

// The body of an operation that follows `previous` and keeps its state, `after` seconds later.
OperationBody following(const Operation& previous, OperationKind kind, std::int64_t after = 60);

// Signs `body` with key(`signer`); a failure to sign fails the test program.
Operation sign(const OperationBody& body, std::string_view signer = "identity", bool by_recovery_key = false);

// `jws` with `change` merged into its payload (RFC 7396: null removes), signed again by key(`signer`).
std::string changed(std::string_view jws, const Json& change, std::string_view signer, bool embed_key = false);

// `jws` with a signature that nobody made.
std::string forged(std::string jws);

// The payload of `jws`, whatever its type.
Json payload(std::string_view jws);

}  // namespace pd::identity::sample
