#include "limit/gcra.h"

#include <gtest/gtest.h>

namespace pd::limit {
namespace {

using namespace std::chrono_literals;

TEST(Gcra, LetsTheBurstThroughAndThenOneAtATime) {
  const Rate rate{10, 5};
  Nanos arrival = 0ns;
  const Nanos now = 1000s;
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(gcra(rate, arrival, now), 0ns) << i;
  EXPECT_EQ(gcra(rate, arrival, now), 100ms);
  EXPECT_EQ(gcra(rate, arrival, now + 99ms), 1ms);
  EXPECT_EQ(gcra(rate, arrival, now + 100ms), 0ns);
  EXPECT_EQ(gcra(rate, arrival, now + 100ms), 100ms);
}

TEST(Gcra, ARefusalCostsNothing) {
  const Rate rate{1, 1};
  Nanos arrival = 0ns;
  EXPECT_EQ(gcra(rate, arrival, 10s), 0ns);
  const Nanos before = arrival;
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(gcra(rate, arrival, 10s), 1s);
  EXPECT_EQ(arrival, before);
  EXPECT_EQ(gcra(rate, arrival, 11s), 0ns);
}

TEST(Gcra, GivesBackNoMoreThanTheBurst) {
  const Rate rate{1, 3};
  Nanos arrival = 0ns;
  EXPECT_EQ(gcra(rate, arrival, 0s), 0ns);
  const Nanos later = 365 * 24h;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(gcra(rate, arrival, later), 0ns) << i;
  EXPECT_GT(gcra(rate, arrival, later), 0ns);
}

TEST(Gcra, KeepsTheRateInTheLongRun) {
  const Rate rate{0.05, 20};  // one in 20 s
  Nanos arrival = 0ns;
  int allowed = 0;
  for (Nanos now = 0s; now < 2000s; now += 500ms)
    allowed += gcra(rate, arrival, now) == 0ns;
  EXPECT_EQ(allowed, 20 + 2000 / 20 - 1);
}

TEST(Gcra, TheWaitIsExact) {
  const Rate rate{7, 2};
  Nanos arrival = 0ns;
  Nanos now = 1s;
  for (int i = 0; i < 50; ++i) {
    const Nanos wait = gcra(rate, arrival, now);
    if (wait == 0ns) continue;
    Nanos copy = arrival;
    EXPECT_GT(gcra(rate, copy, now + wait - 1ns), 0ns);
    now += wait;
    EXPECT_EQ(gcra(rate, arrival, now), 0ns);
  }
}

TEST(Gcra, StrangeRatesNeitherOverflowNorDivideByZero) {
  for (const Rate rate : {Rate{0, 1}, Rate{-1, 1}, Rate{1e-300, 1e300}, Rate{0, 1e300}, Rate{1e300, 0}, Rate{1, -5}}) {
    Nanos arrival = 0ns;
    EXPECT_EQ(gcra(rate, arrival, 1h), 0ns);
    EXPECT_GE(gcra(rate, arrival, 1h), 0ns);
    EXPECT_GE(gcra(rate, arrival, 1000h), 0ns);
  }
  Nanos arrival = 0ns;
  EXPECT_EQ(gcra({0, 1}, arrival, 1h), 0ns);
  EXPECT_GT(gcra({0, 1}, arrival, 24h * 365 * 10), 0ns) << "a rate of nothing gives nothing back";
}

}  // namespace
}  // namespace pd::limit
