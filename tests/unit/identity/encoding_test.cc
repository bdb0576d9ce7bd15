#include "identity/encoding.h"

#include <gtest/gtest.h>

namespace pd::identity {
namespace {

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(Encoding, Base64urlOfRfc4648Vectors) {
  // RFC 4648, section 10, without padding.
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : cases) {
    EXPECT_EQ(base64url(bytes_of(plain)), encoded);
    const auto decoded = from_base64url(encoded);
    ASSERT_TRUE(decoded) << encoded;
    EXPECT_EQ(text_of(*decoded), plain);
  }
}

TEST(Encoding, Base64urlUsesTheUrlAlphabet) {
  const Bytes bytes = {0xfb, 0xff, 0xfe};
  EXPECT_EQ(base64url(bytes), "-__-");
  EXPECT_EQ(from_base64url("-__-"), bytes);
}

TEST(Encoding, Base64urlHasOneSpellingOnly) {
  for (const char* text : {"Zg==", "Zg=", "Z", "Zm9vY", "Zh", "Zm9", "Zm 9v", "Zm9v\n", "+__-", "/w", "Zm.v"}) {
    const auto decoded = from_base64url(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().reason, Reason::malformed);
    EXPECT_EQ(decoded.error().rule, "JWS-2");
  }
}

TEST(Encoding, HashMustBeOf32Bytes) {
  EXPECT_TRUE(hash_from_base64url(std::string(43, 'A')));
  EXPECT_FALSE(hash_from_base64url(std::string(42, 'A')));
  EXPECT_FALSE(hash_from_base64url(std::string(44, 'A')));
  EXPECT_FALSE(hash_from_base64url(""));
}

TEST(Encoding, Sha256OfFipsVector) {
  EXPECT_EQ(hex(sha256(bytes_of("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Encoding, RandomBytesAreAsManyAsAskedForAndDiffer) {
  EXPECT_TRUE(random_bytes(0).empty());
  EXPECT_EQ(random_bytes(33).size(), 33u);
  EXPECT_NE(random_bytes(32), random_bytes(32));
}

TEST(Encoding, ConstantTimeComparison) {
  EXPECT_TRUE(equal_constant_time(bytes_of("same"), bytes_of("same")));
  EXPECT_FALSE(equal_constant_time(bytes_of("same"), bytes_of("samE")));
  EXPECT_FALSE(equal_constant_time(bytes_of("same"), bytes_of("sam")));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

}  // namespace
}  // namespace pd::identity
