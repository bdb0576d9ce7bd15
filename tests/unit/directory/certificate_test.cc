#include "directory/certificate.h"

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include <fstream>

#include "authority.h"

namespace pd::directory {
namespace {

// What --ca-file FILE is refused with; empty when it is not.
std::string refusal(const std::filesystem::path& file) {
  try {
    require_certificates(file);
    return {};
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.kind(), Kind::usage);
    return failure.what();
  }
}

TEST(CertificateTest, AFileOfCertificatesHasOne) {
  const test::Authority authority;
  EXPECT_EQ(refusal(authority.ca_file()), "");
  const auto text = authority.folder() / "text";
  std::ofstream(text) << "root:x:0:0:root:/root:/bin/bash\n";
  EXPECT_NE(refusal(text).find("--ca-file " + text.string()), std::string::npos) << refusal(text);
  EXPECT_NE(refusal(authority.folder()), "");
  EXPECT_NE(refusal(authority.folder() / "nothing"), "");
}

TEST(CertificateTest, SaysWhatIsWrongWithIt) {
  const auto words = [](long result) {
    return std::string(certificate_refused("a.example", "a.example", result).what());
  };
  EXPECT_NE(words(X509_V_ERR_CERT_HAS_EXPIRED).find("has expired"), std::string::npos);
  EXPECT_NE(words(X509_V_ERR_CERT_NOT_YET_VALID).find("not valid yet"), std::string::npos);
  EXPECT_NE(words(X509_V_ERR_HOSTNAME_MISMATCH).find("not valid for a.example"), std::string::npos);
  EXPECT_NE(words(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT).find("not issued by an authority"), std::string::npos);
  EXPECT_NE(words(X509_V_ERR_CERT_REVOKED).find("revoked"), std::string::npos);
}

}  // namespace
}  // namespace pd::directory
