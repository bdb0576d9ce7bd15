#include "agent/roll_call.h"

#include <gtest/gtest.h>

#include "identity/sample.h"

namespace pd::agent {
namespace {

using identity::sample::address;

const auto olivier = address("olivier@example.org");
const auto gordon = address("gordon@blackmesa.us");
const RollCall::Instant noon{};
const auto minute = RollCall::memory;
const RollCall::Instant::duration moment(1);

TEST(RollCall, AsksNobodyTwiceInAMinute) {
  RollCall roll;
  EXPECT_TRUE(roll.ask(gordon, noon));
  EXPECT_FALSE(roll.ask(gordon, noon + minute - moment));
  EXPECT_TRUE(roll.ask(olivier, noon + minute - moment));
  EXPECT_TRUE(roll.ask(gordon, noon + minute)) << "to be refused did not make it longer";
  EXPECT_FALSE(roll.ask(olivier, noon + minute));
}

TEST(RollCall, WhoWasNotAskedAfterAllMayBe) {
  RollCall roll;
  EXPECT_TRUE(roll.ask(gordon, noon));
  roll.take_back(gordon);
  EXPECT_TRUE(roll.ask(gordon, noon));
}

TEST(RollCall, CountsWhoMayStillSaySo) {
  RollCall roll;
  roll.ask(olivier, noon);
  roll.ask(gordon, noon + moment);
  EXPECT_EQ(roll.pending(noon + moment), 2U);
  roll.said(gordon, noon + 2 * moment);
  EXPECT_EQ(roll.pending(noon + 2 * moment), 1U);
  EXPECT_EQ(roll.pending(noon + RollCall::patience), 0U);
  roll.ask(gordon, noon + minute + moment);
  EXPECT_EQ(roll.pending(noon + minute + moment), 1U) << "asked again";
}

TEST(RollCall, KnowsWhoHasWaitedLongest) {
  RollCall roll;
  roll.ask(gordon, noon);
  EXPECT_LT(roll.last_asked(olivier), roll.last_asked(gordon));
  roll.ask(olivier, noon + moment);
  EXPECT_LT(roll.last_asked(gordon), roll.last_asked(olivier));
}

TEST(RollCall, KnowsForAMinuteWhoHasSaidSo) {
  RollCall roll;
  EXPECT_TRUE(roll.said(olivier, noon));
  EXPECT_TRUE(roll.said(gordon, noon + moment));
  EXPECT_EQ(roll.here(noon + moment), (std::vector{gordon, olivier}));
  EXPECT_EQ(roll.here(noon + minute), std::vector{gordon});
  EXPECT_TRUE(roll.here(noon + minute + moment).empty());
}

TEST(RollCall, TellsTheFirstTimeInAMinute) {
  RollCall roll;
  EXPECT_TRUE(roll.said(gordon, noon));
  EXPECT_FALSE(roll.said(gordon, noon + minute - moment));
  EXPECT_FALSE(roll.said(gordon, noon + minute)) << "it was said a moment ago";
  EXPECT_TRUE(roll.said(gordon, noon + 2 * minute));
}

}  // namespace
}  // namespace pd::agent
