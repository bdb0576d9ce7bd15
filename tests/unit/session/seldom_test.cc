#include "session/seldom.h"

#include <gtest/gtest.h>

namespace pd::session {
namespace {

using namespace std::chrono_literals;

TEST(Seldom, ShowsABurstAndThenOneInAPauseAndCountsTheRest) {
  Seldom seldom(3, 10s);
  const Seldom::Instant start(1'000s);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(seldom.show(start), 0u);
  for (int i = 0; i < 1'000; ++i)
    EXPECT_EQ(seldom.show(start + 9s), std::nullopt);
  EXPECT_EQ(seldom.show(start + 10s), 1'000u);
  EXPECT_EQ(seldom.show(start + 19s), std::nullopt);
  EXPECT_EQ(seldom.show(start + 20s), 1u);
}

TEST(Seldom, AfterSilenceThereIsABurstAgainAndNoMore) {
  Seldom seldom(3, 10s);
  const Seldom::Instant later(100'000s);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(seldom.show(later), 0u);
  EXPECT_EQ(seldom.show(later), std::nullopt);
}

}  // namespace
}  // namespace pd::session
