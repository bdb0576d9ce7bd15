// Who gets a place, and who loses one (SESS-5).
#include "connect/slots.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace pd::connect::test {
namespace {

class Slots : public testing::Test {
 protected:
  Slots() {
    tally->limits.unverified = 4;
    tally->limits.unverified_per_ip = 3;
    tally->limits.verified = 1;
  }

  std::shared_ptr<Slot> take(const std::string& name, const std::string& origin) {
    auto slot = Slot::take(tally, origin, [this, name] { dropped.push_back(name); });
    if (slot) held[name] = slot;
    return slot;
  }

  std::shared_ptr<Tally> tally = std::make_shared<Tally>();
  std::map<std::string, std::shared_ptr<Slot>> held;
  std::vector<std::string> dropped;
};

using Names = std::vector<std::string>;

TEST_F(Slots, OneAddressHasItsBoundAndDropsNobody) {
  for (const auto* name : {"a1", "a2", "a3"})
    EXPECT_TRUE(take(name, "a"));
  EXPECT_FALSE(take("a4", "a"));
  EXPECT_TRUE(dropped.empty());
  held.erase("a2");
  EXPECT_TRUE(take("a4", "a"));
}

TEST_F(Slots, WhenAllAreTakenWhoHoldsMostLosesTheOldest) {
  take("b1", "b");
  for (const auto* name : {"a1", "a2", "a3"})
    take(name, "a");
  EXPECT_TRUE(take("c1", "c"));
  EXPECT_TRUE(take("c2", "c"));
  EXPECT_EQ(dropped, (Names{"a1", "a2"}));
  EXPECT_FALSE(held["a1"]->promote());
  held.erase("a1");
  EXPECT_EQ(tally->unverified.size(), 4U);
  EXPECT_TRUE(held["b1"]->promote());
}

TEST_F(Slots, AmongEqualsTheOldestIsDropped) {
  for (const auto* name : {"a", "b", "c", "d", "e"})
    EXPECT_TRUE(take(name, name));
  EXPECT_EQ(dropped, Names{"a"});
}

TEST_F(Slots, AVerifiedOneIsNotDroppedAndGivesItsPlaceBack) {
  EXPECT_TRUE(take("a", "a")->promote());
  for (const auto* name : {"b", "c", "d", "e"})
    take(name, name);
  EXPECT_TRUE(dropped.empty());
  EXPECT_FALSE(held["b"]->promote()) << "one verified is enough";
  held.erase("a");
  EXPECT_TRUE(held["b"]->promote());
}

}  // namespace
}  // namespace pd::connect::test
