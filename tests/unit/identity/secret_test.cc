#include "identity/secret.h"

#include <gtest/gtest.h>

#include <utility>

#include "identity/key.h"

namespace pd::identity {
namespace {

// What lies in the memory of `text`, behind its end too.
bool holds(std::string& text, std::string_view what) {
  text.resize(text.capacity(), '.');
  return text.find(what) != std::string::npos;
}

TEST(Secret, LeavesNothingInTheStringItWasMadeOf) {
  for (const std::string_view what : {"short", "longer than what a string keeps within itself"}) {
    std::string text(what);
    const Secret secret(std::move(text));
    EXPECT_EQ(secret.view(), what);
    EXPECT_TRUE(text.empty());  // NOLINT: that is the question
    EXPECT_FALSE(holds(text, what));
  }
}

TEST(Secret, MovesAndIsCopiedWhenAsked) {
  Secret first(std::string("sesame"));
  const Secret copy = first.copy();
  Secret second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT: that is the question
  EXPECT_EQ(second, copy);
  second = Secret(std::string("other"));
  EXPECT_EQ(second.view(), "other");
}

TEST(Secret, GrowsAndShrinks) {
  Secret secret;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    secret.append("ab");
    expected += "ab";
    EXPECT_EQ(secret.view(), expected);
  }
  secret.truncate(3);
  EXPECT_EQ(secret.view(), "aba");
  secret.append("!");
  EXPECT_EQ(secret.view(), "aba!");
  secret.reserve(1'000);
  EXPECT_EQ(secret.view(), "aba!");
}

TEST(Secret, WipingReachesWhatWasCutOff) {
  std::string text = "a passphrase and what follows it in its file";
  text.resize(5);
  wipe(text);
  const std::string_view all(text.data(), text.capacity());
  EXPECT_EQ(all.find("phrase"), std::string_view::npos);
}

}  // namespace
}  // namespace pd::identity
