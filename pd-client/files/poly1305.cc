#include "files/poly1305.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

#include "identity/encoding.h"

namespace pd::files {

namespace {

void check_poly1305(bool fine) {
  if (!fine) {
    throw std::runtime_error("OpenSSL cannot compute Poly1305");
  }
}

}  // namespace

void Poly1305::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

Poly1305::Poly1305(const Key& key) : key_(key) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "POLY1305", nullptr),
                                                              &EVP_MAC_free);
  check_poly1305(mac != nullptr);
  context_.reset(EVP_MAC_CTX_new(mac.get()));
  check_poly1305(context_ != nullptr);
  restart();
}

void Poly1305::restart() {
  check_poly1305(EVP_MAC_init(context_.get(), key_.data(), key_.size(), nullptr) == 1);
}

void Poly1305::add(std::string_view bytes) {
  check_poly1305(EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) ==
                 1);
}

Poly1305::Tag Poly1305::so_far() const {
  const std::unique_ptr<evp_mac_ctx_st, Free> copy(EVP_MAC_CTX_dup(context_.get()));
  Tag tag;
  std::size_t size = 0;
  check_poly1305(copy != nullptr && EVP_MAC_final(copy.get(), tag.data(), &size, tag.size()) == 1);
  return tag;
}

Poly1305::Key Poly1305::random_key() {
  Key key;
  const auto bytes = identity::random_bytes(key.size());
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

}  // namespace pd::files
