#pragma once

#include <filesystem>
#include <string>

#include "http/engine.h"

namespace pd::http::test {

// A directory of its own with a certificate and its key, both gone with the object.
class CertificateFiles {
 public:
  explicit CertificateFiles(const std::string& name);
  ~CertificateFiles();
  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;

  // Another certificate, with another key, in the same files.
  void renew(const std::string& name);
  void spoil();  // what is in them now is no certificate

  TlsFiles files() const { return {(folder_ / "cert.pem").string(), (folder_ / "key.pem").string()}; }

 private:
  std::filesystem::path folder_;
};

}  // namespace pd::http::test
