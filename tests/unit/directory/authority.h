#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

namespace pd::directory::test {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};

// A certificate authority of one test program, and a place for its files that goes with it.
class Authority {
 public:
  Authority();
  ~Authority();

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path ca_file() const { return folder_ / "ca.pem"; }

  // A server's context with a certificate for `host`, whose common name is `common_name`.
  std::unique_ptr<SSL_CTX, Free> server_context(const std::string& host,
                                                const std::string& common_name = "server") const;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
};

}  // namespace pd::directory::test
