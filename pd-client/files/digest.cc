#include "files/digest.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace pd::files {

namespace {

void check_digest(int one) {
  if (one != 1) {
    throw std::runtime_error("SHA-256 is not to be had");
  }
}

}  // namespace

void Digest::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Digest::Digest() : context_(EVP_MD_CTX_new()) {
  check_digest(context_ != nullptr ? 1 : 0);
  restart();
}

void Digest::restart() {
  check_digest(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Digest::add(const char* bytes, std::size_t size) {
  check_digest(EVP_DigestUpdate(context_.get(), bytes, size));
}

identity::Hash Digest::so_far() const {
  const std::unique_ptr<evp_md_ctx_st, Free> copy(EVP_MD_CTX_new());
  identity::Hash hash;
  check_digest(copy != nullptr ? EVP_MD_CTX_copy_ex(copy.get(), context_.get()) : 0);
  check_digest(EVP_DigestFinal_ex(copy.get(), hash.data(), nullptr));
  return hash;
}

}  // namespace pd::files
