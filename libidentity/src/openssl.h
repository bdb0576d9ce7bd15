#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

// Private to the library: OpenSSL's objects as owned values, and its error queue kept clean.
namespace pd::identity {

template <auto free>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};

template <class T, auto free>
using Owned = std::unique_ptr<T, OpensslFree<free>>;

using OwnedBio = Owned<BIO, BIO_free_all>;
using OwnedBigNumber = Owned<BIGNUM, BN_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedDigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

// Drops what OpenSSL adds to the thread's error queue while this lives: a refused key or signature is an answer of
// ours, and must not be read later as an error of somebody's TLS connection.
class ErrorMark {
 public:
  ErrorMark() { ERR_set_mark(); }
  ~ErrorMark() { ERR_pop_to_mark(); }
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
};

// For calls that fail only when memory or the generator does: there is no sensible way on.
inline void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what + " failed");
}

}  // namespace pd::identity
