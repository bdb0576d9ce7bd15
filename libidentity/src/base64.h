#pragma once

#include <string>
#include <string_view>

#include "identity/encoding.h"

namespace pd::identity {

// The inverse of base64(), as strict as from_base64url(): each byte string has one spelling. RFC 9651 asks for this
// form inside HTTP fields.
Result<Bytes> from_base64(std::string_view text);

}  // namespace pd::identity
