#include "directory/certificate.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <memory>

namespace pd::directory {
namespace {

struct FreeStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};

}  // namespace

void require_certificates(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) throw Failure(Kind::usage, "there is no file " + file.string());
  const std::unique_ptr<X509_STORE, FreeStore> store(X509_STORE_new());
  if (store && X509_STORE_load_file(store.get(), file.c_str()) == 1) return;
  ERR_clear_error();
  throw Failure(Kind::usage, "--ca-file " + file.string() + ": there is no certificate in it",
                "name a file of certificates in PEM: they begin with -----BEGIN CERTIFICATE-----");
}

Failure certificate_refused(const std::string& server, const std::string& host, long verify_result) {
  const auto what = "the TLS certificate of " + server;
  switch (verify_result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // an authority of that name is trusted, but with another key
      return {Kind::unreachable, what + " is not issued by an authority that this machine trusts",
              "if a private authority issued it, name the file with that one's certificate: --ca-file FILE"};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Kind::unreachable, what + " has expired",
              "whoever runs " + host + " has to renew it; or is the clock of this machine wrong?"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Kind::unreachable, what + " is not valid yet", "compare the clock of this machine with the right time"};
    case X509_V_OK:
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return {Kind::unreachable, what + " is not valid for " + host + ": it is that of another name",
              "check the spelling of the domain; if it is right, whoever runs it should know"};
    default:
      return {Kind::unreachable, what + " does not verify: " + X509_verify_cert_error_string(verify_result),
              "whoever runs " + host + " should know"};
  }
}

}  // namespace pd::directory
