#pragma once

#include <string>
#include <string_view>

#include "identity/address.h"
#include "identity/key.h"

namespace pd::identity {

struct Party {
  Address address;
  PublicKey identity_key;
};

// Sixty digits in twelve groups of five, the same for both people: read aloud, they prove that no server lies to
// either. (schema/spec/safety-number.md)
std::string safety_number(const Party& a, const Party& b);

// The text of a QR code that says the same, "pd:verify?…". Compare texts with equal_constant_time().
std::string safety_qr_text(const Party& a, const Party& b);

}  // namespace pd::identity
