#include "federation/freshness.h"

#include <gtest/gtest.h>

namespace pd::federation {
namespace {

using identity::Seconds;

TEST(Freshness, IsMaxAgeWithinBounds) {
  const auto fresh = [](std::string_view header) { return fresh_for(header, Seconds(300), Seconds(3600)).count(); };
  EXPECT_EQ(fresh(""), 300);
  EXPECT_EQ(fresh("public"), 300);
  EXPECT_EQ(fresh("max-age=60"), 60);
  EXPECT_EQ(fresh("Public , MAX-AGE=60 "), 60);
  EXPECT_EQ(fresh("max-age=0"), 0);
  EXPECT_EQ(fresh("max-age=99999"), 3600);
  EXPECT_EQ(fresh("max-age=99999999999999999999"), 3600);
  EXPECT_EQ(fresh("max-age=-1"), 0);
  EXPECT_EQ(fresh("max-age="), 0);
  EXPECT_EQ(fresh("max-age=60x"), 0);
  EXPECT_EQ(fresh("max-age=60, no-store"), 0);
  EXPECT_EQ(fresh("no-cache"), 0);
  EXPECT_EQ(fresh(",,,"), 300);
  EXPECT_EQ(fresh_for("", Seconds(300), Seconds(30)).count(), 30);
}

}  // namespace
}  // namespace pd::federation
