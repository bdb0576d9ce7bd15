#pragma once

#include <string>
#include <string_view>

#include "identity/key.h"
#include "identity/result.h"

namespace pd::identity {

// A recovery key as 24 English words: its 32-byte seed as BIP-39 entropy with checksum. The caller wipes the string.
std::string recovery_words(const PrivateKey& key);

// The inverse; any case, any white space between. Fails with malformed, naming the word that is not in the list or
// saying that the checksum is wrong.
Result<PrivateKey> key_from_recovery_words(std::string_view words);

}  // namespace pd::identity
