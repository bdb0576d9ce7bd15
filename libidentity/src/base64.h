#pragma once

#include <string>
#include <string_view>

#include "identity/encoding.h"

namespace pd::identity {

// base64 with padding (RFC 4648, section 4): inside HTTP fields, where RFC 9651 asks for it.
std::string base64(ByteView bytes);

// The inverse, as strict as from_base64url(): each byte string has one spelling.
Result<Bytes> from_base64(std::string_view text);

}  // namespace pd::identity
