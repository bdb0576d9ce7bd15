#pragma once

#include <array>
#include <cstdint>

namespace pd::identity {

// True if `raw` is the one canonical encoding of a point of Ed25519 (RFC 8032, section 5.1.3) whose order is not 1, 2,
// 4 or
// 8. Under a point of such small order, one signature verifies for many messages (KEY-3).
bool is_safe_point(const std::array<std::uint8_t, 32>& raw);

}  // namespace pd::identity
