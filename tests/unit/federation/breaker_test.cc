#include "federation/breaker.h"

#include <gtest/gtest.h>

namespace pd::federation {
namespace {

using std::chrono::seconds;

constexpr double even = 0.5;  // a jitter that changes nothing
constexpr std::string_view name = "example.net";

struct Breaking : ::testing::Test {
  Breakers breakers{{.failures = 3, .first = seconds(1), .longest = seconds(6), .probe = seconds(30), .domains = 3}};
  Nanos now{seconds(1'000)};

  void fail(int times, double jitter = even) {
    for (int i = 0; i < times; ++i)
      breakers.failed(name, now, jitter);
  }
  // How long it stays open from now on, to the millisecond.
  Nanos open_for() const {
    Nanos later = now;
    while (breakers.open(later) != 0)
      later += std::chrono::milliseconds(1);
    return later - now;
  }
};

TEST_F(Breaking, OpensAfterFailuresInARow) {
  EXPECT_TRUE(breakers.permits(name, now));
  fail(2);
  EXPECT_TRUE(breakers.permits(name, now));
  fail(1);
  EXPECT_FALSE(breakers.permits(name, now));
  EXPECT_EQ(breakers.open(now), 1u);
  EXPECT_TRUE(breakers.permits("example.com", now));
}

TEST_F(Breaking, WhereNothingWasLearnedTheNextMayTry) {
  fail(2);
  breakers.unanswered(name);
  fail(1);
  EXPECT_FALSE(breakers.permits(name, now)) << "the failures still count";
  now += seconds(1);
  EXPECT_TRUE(breakers.permits(name, now));
  EXPECT_FALSE(breakers.permits(name, now)) << "one probe at a time";
  breakers.unanswered(name);
  EXPECT_TRUE(breakers.permits(name, now));
}

TEST_F(Breaking, ASuccessInBetweenStartsTheCountAgain) {
  fail(2);
  breakers.succeeded(name);
  fail(2);
  EXPECT_TRUE(breakers.permits(name, now));
}

TEST_F(Breaking, LetsOneProbeThroughWhenItsTimeIsOver) {
  fail(3);
  now += seconds(1);
  EXPECT_TRUE(breakers.permits(name, now));
  EXPECT_FALSE(breakers.permits(name, now));
  now += seconds(29);
  EXPECT_FALSE(breakers.permits(name, now));
  now += seconds(1);
  EXPECT_TRUE(breakers.permits(name, now)) << "a probe that says nothing is given up";
}

TEST_F(Breaking, ClosesWhenTheProbeSucceeds) {
  fail(3);
  now += seconds(1);
  ASSERT_TRUE(breakers.permits(name, now));
  breakers.succeeded(name);
  EXPECT_TRUE(breakers.permits(name, now));
  EXPECT_TRUE(breakers.permits(name, now));
  fail(2);
  EXPECT_TRUE(breakers.permits(name, now)) << "the count begins anew";
}

TEST_F(Breaking, StaysOpenLongerWithEachFailedProbeUpToACap) {
  fail(3);
  for (const auto expected : {seconds(1), seconds(2), seconds(4), seconds(6), seconds(6)}) {
    EXPECT_EQ(open_for(), expected);
    now += expected;
    ASSERT_TRUE(breakers.permits(name, now));
    fail(1);
  }
}

TEST_F(Breaking, FailuresOfEarlierRequestsDoNotCountWhileOpen) {
  fail(3);
  fail(10);
  EXPECT_EQ(open_for(), seconds(1));
}

TEST_F(Breaking, VariesTheTimeByAQuarter) {
  fail(3, 0.0);
  EXPECT_EQ(open_for(), std::chrono::milliseconds(750));
  breakers.succeeded(name);
  fail(3, 1.0);
  EXPECT_EQ(open_for(), std::chrono::milliseconds(1'250));
}

TEST_F(Breaking, RemembersSoManyDomainsAndNoMore) {
  fail(3);
  for (const char* other : {"a.example", "b.example", "c.example"})
    breakers.failed(other, now, even);
  EXPECT_EQ(breakers.size(), 3u);
  EXPECT_TRUE(breakers.permits(name, now)) << "the one that was used longest ago is forgotten";
}

}  // namespace
}  // namespace pd::federation
