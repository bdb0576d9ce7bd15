#include "identity/key.h"

#include <gtest/gtest.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace pd::identity {
namespace {

Bytes unhex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

// RFC 8037, appendix A.1 to A.3.
constexpr auto rfc8037_seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr auto rfc8037_x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr auto rfc8037_thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

Json jwk(const std::string& x) {
  return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", x}};
}

std::string other_pem(const char* algorithm) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, algorithm);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(key);
  return pem;
}

TEST(Key, SignsAsRfc8032) {
  // RFC 8032, section 7.1, test 2.
  const auto key = PrivateKey::from_seed(unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  ASSERT_TRUE(key);
  EXPECT_EQ(hex(key->public_key().raw()), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const Bytes message = {0x72};
  const Signature signature = key->sign(message);
  EXPECT_EQ(hex(signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(key->public_key().verifies(message, signature));
  EXPECT_FALSE(key->public_key().verifies(bytes_of("s"), signature));
  EXPECT_FALSE(key->public_key().verifies(message, ByteView(signature).first(63)));
  EXPECT_FALSE(PrivateKey::generate().public_key().verifies(message, signature));
}

TEST(Key, RefusesASignatureWithAnotherSpellingOfS) {
  const auto key = PrivateKey::generate();
  Signature signature = key.sign(bytes_of("x"));
  // S + L, little-endian: the same number modulo the order of the group (RFC 8032, section 5.1.7).
  const Bytes order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature[32 + i] + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(key.public_key().verifies(bytes_of("x"), signature));
}

TEST(Key, JwkAndThumbprintOfRfc8037) {
  const auto key = PrivateKey::from_seed(unhex(rfc8037_seed));
  EXPECT_EQ(key->public_key().jwk(), jwk(rfc8037_x));
  EXPECT_EQ(key->public_key().id(), rfc8037_thumbprint);
  EXPECT_EQ(base64url(key->public_key().thumbprint()), rfc8037_thumbprint);
  EXPECT_EQ(PublicKey::from_jwk(key->public_key().jwk()), key->public_key());
}

TEST(Key, JwkIgnoresOtherMembersButNotAPrivateKey) {
  Json with_more = jwk(rfc8037_x);
  with_more["use"] = "sig";
  with_more["future"] = {1, 2};
  EXPECT_TRUE(PublicKey::from_jwk(with_more));
  with_more["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
  EXPECT_EQ(PublicKey::from_jwk(with_more).error().rule, "KEY-2");
}

TEST(Key, JwkOfAnotherKindIsUnsupported) {
  EXPECT_EQ(PublicKey::from_jwk({{"kty", "EC"}, {"crv", "P-256"}, {"x", "AA"}}).error().reason, Reason::unsupported);
  EXPECT_EQ(PublicKey::from_jwk({{"kty", "OKP"}, {"crv", "X25519"}, {"x", rfc8037_x}}).error().reason,
            Reason::unsupported);
}

TEST(Key, JwkThatIsMalformed) {
  const Json cases[] = {Json::array(),
                        "x",
                        Json::object(),
                        {{"kty", "OKP"}, {"crv", "Ed25519"}},
                        {{"kty", 1}, {"crv", "Ed25519"}, {"x", rfc8037_x}},
                        jwk(""),
                        jwk(std::string(rfc8037_x) + "="),
                        jwk("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ")};
  for (const Json& json : cases) {
    const auto key = PublicKey::from_jwk(json);
    ASSERT_FALSE(key) << json;
    EXPECT_EQ(key.error().reason, Reason::malformed) << json;
  }
}

TEST(Key, RefusesPointsUnderWhichAnythingVerifies) {
  const char* small_order[] = {"0100000000000000000000000000000000000000000000000000000000000000",
                               "0000000000000000000000000000000000000000000000000000000000000000",
                               "0000000000000000000000000000000000000000000000000000000000000080",
                               "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                               "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                               "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                               "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                               "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"};
  for (const char* raw : small_order) {
    const auto key = PublicKey::from_raw(unhex(raw));
    ASSERT_FALSE(key) << raw;
    EXPECT_EQ(key.error().rule, "KEY-3");
  }
}

TEST(Key, RefusesEncodingsThatAreNotCanonicalOrNoPoint) {
  const char* bad[] = {
      "0100000000000000000000000000000000000000000000000000000000000080",  // x = 0 with the sign of a negative
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",  // the same for order 2
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // p, that is 0
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // p + 1
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "0200000000000000000000000000000000000000000000000000000000000000"};  // no point has this y
  for (const char* raw : bad)
    EXPECT_FALSE(PublicKey::from_raw(unhex(raw))) << raw;
  EXPECT_FALSE(PublicKey::from_raw(Bytes(31)));
  EXPECT_FALSE(PublicKey::from_raw(Bytes(33)));
  // The base point, and a point whose x is negative.
  EXPECT_TRUE(PublicKey::from_raw(unhex("5866666666666666666666666666666666666666666666666666666666666666")));
  EXPECT_TRUE(PublicKey::from_raw(unhex("58666666666666666666666666666666666666666666666666666666666666e6")));
}

TEST(Key, EveryGeneratedKeyIsAccepted) {
  for (int i = 0; i < 50; ++i) {
    const auto key = PrivateKey::generate();
    EXPECT_EQ(PublicKey::from_raw(key.public_key().raw()), key.public_key());
  }
}

TEST(Key, SeedRoundTrip) {
  const auto key = PrivateKey::from_seed(unhex(rfc8037_seed));
  EXPECT_EQ(hex(key->seed()), rfc8037_seed);
  EXPECT_FALSE(PrivateKey::from_seed(Bytes(31)));
  EXPECT_FALSE(PrivateKey::from_seed(Bytes(33)));
}

TEST(Key, PlainPem) {
  const auto key = PrivateKey::generate();
  const std::string pem = key.pem();
  EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n")) << pem;
  EXPECT_FALSE(pem_is_encrypted(pem));
  const auto read = PrivateKey::from_pem(pem);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->seed(), key.seed());
  EXPECT_TRUE(PrivateKey::from_pem(pem, "not needed"));
}

TEST(Key, EncryptedPem) {
  const auto key = PrivateKey::generate();
  const std::string pem = key.pem("correct horse");
  EXPECT_TRUE(pem_is_encrypted(pem)) << pem;
  const auto read = PrivateKey::from_pem(pem, "correct horse");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->seed(), key.seed());
  EXPECT_EQ(PrivateKey::from_pem(pem, "wrong horse").error().reason, Reason::crypto);
  EXPECT_EQ(PrivateKey::from_pem(pem, "").error().reason, Reason::crypto);
  EXPECT_EQ(PrivateKey::from_pem(pem).error().reason, Reason::crypto);
  EXPECT_EQ(ERR_peek_error(), 0u) << "a refusal must leave no error behind for others to read";
  EXPECT_NE(key.pem("correct horse"), pem) << "salted";
}

TEST(Key, PemReadAsOpensslWritesIt) {
  // RFC 8410, section 10.3.
  const auto key = PrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "-----END PRIVATE KEY-----\n");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(base64url(key->public_key().raw()), "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
}

TEST(Key, PemOfAnotherKeyIsUnsupported) {
  EXPECT_EQ(PrivateKey::from_pem(other_pem("X25519")).error().reason, Reason::unsupported);
  EXPECT_EQ(
      PrivateKey::from_pem("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n").error().reason,
      Reason::unsupported);
}

TEST(Key, PemThatIsMalformed) {
  const std::string pem = PrivateKey::generate().pem();
  for (const std::string& text :
       {std::string(), std::string("x"), pem.substr(0, 60), "-----BEGIN PRIVATE KEY-----\n" + pem,
        std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        pem + std::string(20'000, ' ')}) {
    const auto key = PrivateKey::from_pem(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().reason, Reason::malformed) << text;
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(Key, WipeClears) {
  std::string text = "secret";
  Bytes bytes = {1, 2, 3};
  wipe(text);
  wipe(bytes);
  EXPECT_TRUE(text.empty());
  EXPECT_TRUE(bytes.empty());
}

}  // namespace
}  // namespace pd::identity
