#pragma once

#include <cstddef>

#include "identity/encoding.h"
#include "identity/key.h"
#include "identity/result.h"
#include "identity/secret.h"

namespace pd::identity {

// What a sealed box has more than what was sealed: an ephemeral public key and an authenticator.
inline constexpr std::size_t sealed_box_overhead = 48;

// Encrypts `message` so that only the holder of `receiver` can read it, and nobody can tell who did (SGN-7):
// libsodium's crypto_box_seal to the X25519 form of the Ed25519 key. Each call gives other bytes. Any thread. Throws
// std::runtime_error when libsodium cannot start: there is no sensible way on.
Bytes seal(const PublicKey& receiver, ByteView message);

// The inverse. Fails with malformed (SGN-14) when `box` was not sealed to `receiver` or is not what seal() made, to the
// bit. Any thread; throws as seal() does.
Result<Secret> open(const PrivateKey& receiver, ByteView box);

}  // namespace pd::identity
