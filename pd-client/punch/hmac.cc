#include "punch/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace pd::punch {

identity::Hash hmac_sha256(identity::ByteView key, identity::ByteView message) {
  identity::Hash result;
  if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), result.data(),
             nullptr) == nullptr) {
    throw std::runtime_error("OpenSSL makes no HMAC");
  }
  return result;
}

identity::Hash hkdf_sha256(identity::ByteView keying_material, std::string_view info) {
  constexpr identity::Hash no_salt{};  // section 2.2: as many zeros as the hash is long
  const identity::Hash pseudorandom_key = hmac_sha256(no_salt, keying_material);
  identity::Bytes block(info.begin(), info.end());
  block.push_back(1);  // section 2.3: one block is all that 32 bytes need
  return hmac_sha256(pseudorandom_key, block);
}

}  // namespace pd::punch
