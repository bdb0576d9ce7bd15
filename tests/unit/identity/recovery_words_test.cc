#include "identity/recovery_words.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace pd::identity {
namespace {

std::string repeated(const std::string& word, int times) {
  std::string out;
  for (int i = 0; i < times; ++i)
    out += word + " ";
  return out;
}

std::string rule_of(std::string_view words) {
  const auto key = key_from_recovery_words(words);
  return key ? "accepted" : key.error().rule;
}

TEST(RecoveryWords, PublishedVectors) {
  // The 256-bit cases with one repeated byte, of the vectors that BIP-39 names.
  const std::string wave = "legal winner thank year wave sausage worth useful ";
  const std::string cage = "letter advice cage absurd amount doctor acoustic avoid ";
  const std::pair<std::uint8_t, std::string> cases[] = {
      {0x00, repeated("abandon", 23) + "art"},
      {0x7f, wave + wave + "legal winner thank year wave sausage worth title"},
      {0x80, cage + cage + "letter advice cage absurd amount doctor acoustic bless"},
      {0xff, repeated("zoo", 23) + "vote"}};
  for (const auto& [byte, words] : cases) {
    const auto key = PrivateKey::from_seed(Bytes(32, byte));
    EXPECT_EQ(recovery_words(*key), words);
    const auto read = key_from_recovery_words(words);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->public_key(), key->public_key());
  }
}

TEST(RecoveryWords, RoundTripOfAnyKey) {
  for (int i = 0; i < 100; ++i) {
    const auto key = PrivateKey::generate();
    const auto read = key_from_recovery_words(recovery_words(key));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->seed(), key.seed());
  }
}

TEST(RecoveryWords, AnyCaseAndAnyWhiteSpace) {
  EXPECT_EQ(rule_of("\n\t Abandon" + repeated(" ABANDON\r\n", 22) + "\tArt\n\n"), "accepted");
}

TEST(RecoveryWords, CountAndList) {
  EXPECT_EQ(rule_of(""), "KEY-9");
  EXPECT_EQ(rule_of(repeated("abandon", 23)), "KEY-9");
  EXPECT_EQ(rule_of(repeated("abandon", 23) + "art art"), "KEY-9");
  EXPECT_EQ(rule_of(repeated("abandon", 22) + "abandom art"), "KEY-9");
  EXPECT_EQ(rule_of(repeated("abandon", 23) + "zzz"), "KEY-9");
  EXPECT_EQ(rule_of(repeated("abandon", 23) + "art" + std::string(2'000, ' ')), "KEY-9");
  const auto unknown = key_from_recovery_words(repeated("abandon", 3) + "gordon");
  EXPECT_NE(unknown.error().message.find("word 4 (\"gordon\")"), std::string::npos) << unknown.error().message;
}

TEST(RecoveryWords, Checksum) {
  EXPECT_EQ(rule_of(repeated("abandon", 24)), "KEY-10");
  EXPECT_EQ(rule_of(repeated("abandon", 22) + "art abandon"), "KEY-10");
}

}  // namespace
}  // namespace pd::identity
