#include "support/authority.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pd::federation::testing {
namespace {

constexpr long hour = 3'600;

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  if (extension == nullptr) throw std::runtime_error("extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void name(X509_NAME* to, const std::string& common) {
  X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.data()),
                             static_cast<int>(common.size()), -1, 0);
}

X509* unsigned_certificate(EVP_PKEY* key, const std::string& common, long from, long to) {
  static long serial = 0;
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), to);
  X509_set_pubkey(certificate, key);
  name(X509_get_subject_name(certificate), common);
  return certificate;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "pd-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

Authority::Authority()
    : key_(EVP_EC_gen("P-256")), certificate_(unsigned_certificate(key_, "test authority", -hour, hour)) {
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  extend(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_, key_, EVP_sha256());
  FILE* out = std::fopen(file().c_str(), "w");
  PEM_write_X509(out, certificate_);
  std::fclose(out);
}

Authority::~Authority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

boost::asio::ssl::context Authority::server(const std::vector<std::string>& names, bool expired) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = unsigned_certificate(key, names.front(), -2 * hour, expired ? -hour : hour);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
  std::string list;
  for (const auto& one : names)
    list += (list.empty() ? "DNS:" : ",DNS:") + one;
  extend(certificate, certificate_, NID_subject_alt_name, list);
  X509_sign(certificate, key_, EVP_sha256());

  boost::asio::ssl::context tls(boost::asio::ssl::context::tls_server);
  SSL_CTX_use_certificate(tls.native_handle(), certificate);
  SSL_CTX_use_PrivateKey(tls.native_handle(), key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return tls;
}

}  // namespace pd::federation::testing
