#include "files/accepted.h"

#include <gtest/gtest.h>

#include "client/town.h"
#include "identity/sample.h"

namespace pd::files {
namespace {

using identity::sample::address;
using identity::sample::at;

constexpr int day = 24 * 3600;

class AcceptedTest : public testing::Test {
 protected:
  Accepted open() {
    return {folder.path() / "files.db", [this] { return now; }};
  }

  pd::test::Folder folder;
  identity::Time now = at(10);
  const identity::Address olivier = address("olivier@example.org");
  const identity::Address gordon = address("gordon@blackmesa.us");
};

TEST_F(AcceptedTest, WhatWasAcceptedIsKnownToTheNextProcess) {
  open().remember("key", olivier, "/there");
  auto next = open();
  EXPECT_EQ(next.take_up("key"), "/there");
  EXPECT_TRUE(next.expects(olivier));
  EXPECT_FALSE(next.take_up("another"));
  EXPECT_FALSE(next.expects(gordon));
  EXPECT_TRUE(next.expects_any());
}

TEST_F(AcceptedTest, WhatIsForgottenIsAskedForAgain) {
  auto accepted = open();
  accepted.remember("key", olivier, "/there");
  accepted.forget("key");
  accepted.forget("key");
  EXPECT_FALSE(accepted.take_up("key"));
  EXPECT_FALSE(accepted.expects(olivier));
  EXPECT_FALSE(accepted.expects_any());
}

TEST_F(AcceptedTest, TheLastWordCounts) {
  auto accepted = open();
  accepted.remember("key", olivier, "/there");
  accepted.remember("key", olivier, "/elsewhere");
  EXPECT_EQ(accepted.take_up("key"), "/elsewhere");
}

TEST_F(AcceptedTest, WhatNobodyHasContinuedForAWeekIsForgotten) {
  auto accepted = open();
  accepted.remember("continued", olivier, "/there");
  accepted.remember("left", gordon, "/there");
  now += identity::Seconds(7 * day);
  EXPECT_TRUE(accepted.take_up("continued"));
  now += identity::Seconds(1);
  EXPECT_FALSE(accepted.expects(gordon));
  EXPECT_FALSE(accepted.take_up("left"));
  EXPECT_TRUE(accepted.expects(olivier));
  EXPECT_TRUE(accepted.take_up("continued"));
}

}  // namespace
}  // namespace pd::files
