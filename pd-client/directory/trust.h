#pragma once

#include <string_view>

#include "directory/peer.h"
#include "directory/pins.h"

namespace pd::directory {

// What a pin says of somebody whose identity key is `key`.
Trust trust_of(const ContactPin& pin, const identity::PublicKey& key);

// "seen", "verified" or "rekeyed".
std::string_view text_of(Trust trust);
// The other way; any other text means seen.
Trust trust_named(std::string_view text);

}  // namespace pd::directory
