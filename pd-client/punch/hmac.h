#pragma once

#include "identity/encoding.h"

namespace pd::punch {

// HMAC-SHA-256 (RFC 2104). Throws std::runtime_error when OpenSSL fails at what cannot fail (no memory).
identity::Hash hmac_sha256(identity::ByteView key, identity::ByteView message);

// 32 bytes of HKDF with SHA-256 (RFC 5869), without a salt. Throws as above.
identity::Hash hkdf_sha256(identity::ByteView keying_material, std::string_view info);

}  // namespace pd::punch
