#include "certificate.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace pd::http::test {
namespace {

struct Close {
  void operator()(FILE* file) const { std::fclose(file); }
};

void require(bool ok) {
  if (!ok) throw std::runtime_error("cannot make a certificate");
}

void write(const std::filesystem::path& folder, const std::string& name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  require(key && certificate);
  X509* x = certificate.get();
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, key.get());
  X509_NAME* subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x, subject);
  require(X509_sign(x, key.get(), EVP_sha256()) > 0);
  const auto to = [&folder](const char* file) {
    return std::unique_ptr<FILE, Close>(std::fopen((folder / file).c_str(), "w"));
  };
  require(PEM_write_X509(to("cert.pem").get(), x) == 1);
  require(PEM_write_PrivateKey(to("key.pem").get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

}  // namespace

CertificateFiles::CertificateFiles(const std::string& name) {
  std::string pattern = (std::filesystem::temp_directory_path() / "pd-http-XXXXXX").string();
  require(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  write(folder_, name);
}

CertificateFiles::~CertificateFiles() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void CertificateFiles::renew(const std::string& name) {
  write(folder_, name);
}

void CertificateFiles::spoil() {
  std::ofstream(folder_ / "cert.pem") << "not a certificate\n";
}

}  // namespace pd::http::test
