#include "directory/owner.h"

#include <gtest/gtest.h>

#include "identity/sample.h"

namespace pd::directory {
namespace {

namespace sample = identity::sample;
using identity::OperationKind;

identity::History started() {
  return identity::History::start(sample::create()).value();
}

const identity::Operation& append(identity::History& history, identity::OperationBody body,
                                  std::string_view signer = "identity", bool by_recovery = false) {
  const auto operation = sample::sign(body, signer, by_recovery);
  const auto appended = history.append(operation);
  if (!appended) throw std::runtime_error(appended.error().message);
  return history.operations().back();
}

TEST(FollowingTest, StandsOnTheOperationBefore) {
  const auto history = started();
  const auto body = following(history, history.head(), OperationKind::update, sample::at(100));
  EXPECT_EQ(body.seq, 1u);
  EXPECT_EQ(body.previous, history.head().hash());
  EXPECT_EQ(body.time, sample::at(100));
  EXPECT_EQ(body.state, history.state());
}

TEST(FollowingTest, NeverTurnsBackTime) {
  const auto history = started();
  EXPECT_EQ(following(history, history.head(), OperationKind::update, sample::at(-100)).time, sample::at(0));
}

TEST(RecoverableTest, TheHeadWhileTheKeyIsStillListed) {
  auto history = started();
  const auto update = append(history, sample::following(history.head(), OperationKind::update));
  EXPECT_EQ(recoverable(history, sample::key("recovery 0").public_key().thumbprint())->hash(), update.hash());
}

TEST(RecoverableTest, WhatCameBeforeAThiefRemovedTheKey) {
  auto history = started();
  auto theft = sample::following(history.head(), OperationKind::update);
  theft.state.recovery_keys = {sample::key("thief").public_key().thumbprint()};
  append(history, theft);
  EXPECT_EQ(recoverable(history, sample::key("recovery 0").public_key().thumbprint())->hash(), history.genesis());
}

TEST(RecoverableTest, WhatCameBeforeTheEnd) {
  auto history = started();
  append(history, sample::following(history.head(), OperationKind::revoke));
  EXPECT_EQ(recoverable(history, sample::key("recovery 0").public_key().thumbprint())->hash(), history.genesis());
}

TEST(RecoverableTest, NothingForAKeyThatNeverHadASay) {
  EXPECT_EQ(recoverable(started(), sample::key("stranger").public_key().thumbprint()), nullptr);
}

}  // namespace
}  // namespace pd::directory
