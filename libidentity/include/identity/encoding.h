#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "identity/result.h"

namespace pd::identity {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Hash = std::array<std::uint8_t, 32>;

// The bytes of `text`, not copied: valid as long as what `text` refers to.
ByteView bytes_of(std::string_view text);

// base64url without padding (RFC 4648, section 5).
std::string base64url(ByteView bytes);

// The inverse. Strict: refuses padding, white space, other alphabets and non-zero trailing bits (JWS-2), so that
// each byte string has exactly one spelling.
Result<Bytes> from_base64url(std::string_view text);

// As from_base64url(), and the result must be exactly 32 bytes.
Result<Hash> hash_from_base64url(std::string_view text);

// base64 with padding (RFC 4648, section 4): where another format asks for it.
std::string base64(ByteView bytes);

// A to Z as a to z, whatever the locale; other bytes stay what they are.
std::string lower(std::string_view text);

// Lower-case hexadecimal.
std::string hex(ByteView bytes);

Hash sha256(ByteView bytes);

// `count` bytes from the operating system's generator. Throws std::runtime_error when it fails: there is no way on.
Bytes random_bytes(std::size_t count);

// Compares in time that depends on the lengths alone.
bool equal_constant_time(ByteView a, ByteView b);

}  // namespace pd::identity
