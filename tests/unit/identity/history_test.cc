#include "identity/history.h"

#include <gtest/gtest.h>

#include "identity/sample.h"

namespace pd::identity {
namespace {

using enum OperationKind;
using sample::at;
using sample::following;
using sample::key;
using sample::sign;

History started() { return History::start(sample::create()).value(); }

void expect(const Result<void>& result, Reason reason, std::string_view rule) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, reason) << result.error().message;
  EXPECT_EQ(result.error().rule, rule) << result.error().message;
}

void append(History& history, const Operation& operation) {
  const auto result = history.append(operation);
  ASSERT_TRUE(result.has_value()) << result.error().message;
}

std::vector<std::string> texts(const History& history) {
  std::vector<std::string> texts;
  for (const Operation& operation : history.operations()) texts.push_back(operation.text());
  return texts;
}

TEST(History, GrowsByUpdates) {
  History history = started();
  auto body = following(history.head(), update);
  body.state.devices.push_back({"phone", key("phone").public_key()});
  append(history, sign(body));
  EXPECT_EQ(history.state().devices.size(), 2u);
  EXPECT_EQ(history.head().body().seq, 1u);
  EXPECT_EQ(History::replay(texts(history)).value().head().hash(), history.head().hash());
}

TEST(History, RefusesAnUpdateByAnotherKey) {
  History history = started();
  expect(history.append(sign(following(history.head(), update), "laptop")), Reason::wrong_key, "HIST-6");
}

}  // namespace
}  // namespace pd::identity
