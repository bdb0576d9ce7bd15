#include "identity/certificate.h"

#include <memory>

#include <gtest/gtest.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace pd::identity {
namespace {

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

const Time now{Seconds{1'800'000'000}};

Address olivier() {
  return *Address::parse("olivier@example.org");
}

X509Ptr from_pem(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509Ptr certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), &X509_free);
  BIO_free(bio);
  return certificate;
}

Bytes der_of(X509* certificate) {
  Bytes der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)));
  std::uint8_t* position = der.data();
  i2d_X509(certificate, &position);
  return der;
}

// A certificate with these subjectAltName extensions, on any key.
Bytes certificate_with(EVP_PKEY* key, const std::vector<const char*>& alternative_names) {
  const X509Ptr certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  for (const char* names : alternative_names) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_set_pubkey(certificate.get(), key);
  X509_sign(certificate.get(), key, EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256());
  return der_of(certificate.get());
}

std::string rule_of(ByteView der) {
  const auto claim = read_peer_certificate(der);
  return claim ? "accepted" : claim.error().rule;
}

TEST(Certificate, ReadsBackWhatItClaims) {
  const auto key = PrivateKey::generate();
  const auto certificate = from_pem(device_certificate(key, olivier(), now));
  ASSERT_TRUE(certificate);
  const auto claim = read_peer_certificate(der_of(certificate.get()));
  ASSERT_TRUE(claim) << claim.error().message;
  EXPECT_EQ(claim->address, olivier());
  EXPECT_EQ(claim->key, key.public_key());
}

TEST(Certificate, IsAsTheSpecSays) {
  const auto key = PrivateKey::generate();
  const auto certificate = from_pem(device_certificate(key, olivier(), now));
  X509* const x509 = certificate.get();
  EXPECT_EQ(X509_get_version(x509), 2);
  EXPECT_EQ(X509_verify(x509, key.native()), 1) << "self-signed";
  EXPECT_EQ(X509_NAME_entry_count(X509_get_subject_name(x509)), 0);
  const int place = X509_get_ext_by_NID(x509, NID_subject_alt_name, -1);
  EXPECT_TRUE(X509_EXTENSION_get_critical(X509_get_ext(x509, place)));
  EXPECT_EQ(X509_get_key_usage(x509), static_cast<std::uint32_t>(KU_DIGITAL_SIGNATURE));
  std::time_t from = (now - Seconds(24 * 3600)).time_since_epoch().count();
  std::time_t until = from + 3650 * std::time_t{24 * 3600};
  EXPECT_EQ(ASN1_TIME_cmp_time_t(X509_get0_notBefore(x509), from), 0);
  EXPECT_EQ(ASN1_TIME_cmp_time_t(X509_get0_notAfter(x509), until), 0);
  const auto other = from_pem(device_certificate(key, olivier(), now));
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(x509), X509_get0_serialNumber(other.get())), 0);
}

TEST(Certificate, OfAnotherKindOfKeyIsRefused) {
  const KeyPtr key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  EXPECT_EQ(rule_of(certificate_with(key.get(), {"URI:acct:olivier@example.org"})), "CERT-4");
}

TEST(Certificate, NamesExactlyOneAddress) {
  const auto key = PrivateKey::generate();
  const auto rule_with = [&](const std::vector<const char*>& names) {
    return rule_of(certificate_with(key.native(), names));
  };
  EXPECT_EQ(rule_with({"URI:acct:olivier@example.org"}), "accepted");
  EXPECT_EQ(rule_with({"DNS:example.org,URI:https://example.org/,URI:acct:olivier@example.org"}), "accepted");
  EXPECT_EQ(rule_with({}), "CERT-5");
  EXPECT_EQ(rule_with({"DNS:example.org"}), "CERT-5");
  EXPECT_EQ(rule_with({"email:olivier@example.org"}), "CERT-5");
  EXPECT_EQ(rule_with({"URI:acct:olivier@example.org,URI:acct:gordon@blackmesa.us"}), "CERT-5");
  EXPECT_EQ(rule_with({"URI:acct:olivier@example.org,URI:acct:olivier@example.org"}), "CERT-5");
  EXPECT_EQ(rule_with({"URI:acct:olivier@example.org", "URI:acct:gordon@blackmesa.us"}), "CERT-5");
  EXPECT_EQ(rule_with({"URI:acct:olivier"}), "ADDR-1");
}

TEST(Certificate, BadBytes) {
  const auto key = PrivateKey::generate();
  const Bytes good = certificate_with(key.native(), {"URI:acct:olivier@example.org"});
  EXPECT_EQ(rule_of({}), "CERT-3");
  EXPECT_EQ(rule_of(bytes_of("not DER")), "CERT-3");
  EXPECT_EQ(rule_of(ByteView(good).first(good.size() - 1)), "CERT-3");
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(rule_of(longer), "CERT-3");
  EXPECT_EQ(read_peer_certificate(Bytes(4'097)).error().reason, Reason::too_large);
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace pd::identity
