#include "files/order.h"

#include <gtest/gtest.h>

namespace pd::files {
namespace {

const std::vector<Entry> lab_entries{
    {"d", true, 0, {}, false}, {"d/a", false, 10, {}, false}, {"d/b", false, 0, {}, false}};

TEST(Order, TakesFilesInTurn) {
  Order order(lab_entries, 1, 0);
  EXPECT_EQ(order.data(1).error().rule, "FILE-9");
  EXPECT_EQ(order.begin({1, 2, 0}).error().rule, "FILE-8");
  ASSERT_TRUE(order.begin({1, 1, 0}));
  EXPECT_EQ(order.begin({1, 1, 0}).error().rule, "FILE-8");
  ASSERT_TRUE(order.data(4));
  EXPECT_EQ(order.end({1, {}, {}}).error().rule, "FILE-9");
  EXPECT_EQ(order.data(7).error().rule, "FILE-12");
  ASSERT_TRUE(order.data(6));
  ASSERT_TRUE(order.end({1, {}, {}}));
  ASSERT_TRUE(order.begin({1, 2, 0}));
  ASSERT_TRUE(order.end({1, {}, {}}));
  EXPECT_EQ(order.begin({1, 3, 0}).error().rule, "FILE-8");
}

TEST(Order, LetsAFileBeginWhereItWasAskedForAlone) {
  Order order(lab_entries, 1, 4);
  EXPECT_EQ(order.begin({1, 1, 3}).error().rule, "FILE-9");
  ASSERT_TRUE(order.begin({1, 1, 4}));
  EXPECT_EQ(order.data(7).error().rule, "FILE-12");
  ASSERT_TRUE(order.data(6));
}

TEST(Order, LetsAFileEndEarlyThatCannotBeSent) {
  Order order(lab_entries, 1, 0);
  ASSERT_TRUE(order.begin({1, 1, 0}));
  ASSERT_TRUE(order.data(4));
  EXPECT_TRUE(order.end({1, {}, "changed"}));
}

TEST(Order, HoldsTheSenderToItsLimit) {
  const std::vector<Entry> large{{"a", false, 10 * ahead_of_disk, {}, false}};
  Order order(large, 0, 0);
  ASSERT_TRUE(order.begin({1, 0, 0}));
  ASSERT_TRUE(order.data(ahead_of_disk));
  EXPECT_EQ(order.data(1).error().rule, "FILE-12");
  EXPECT_EQ(order.written(1000), 0U);  // too little to say
  EXPECT_EQ(order.written(ahead_of_disk / 2), 1000 + ahead_of_disk / 2 + ahead_of_disk);
  EXPECT_TRUE(order.data(1000 + ahead_of_disk / 2));
  EXPECT_FALSE(order.data(1));
}

TEST(Order, KnowsWhatMayStillCome) {
  const std::vector<Entry> large{{"a", false, 10 * ahead_of_disk, {}, false}};
  Order order(large, 0, 0);
  ASSERT_TRUE(order.begin({1, 0, 0}));
  EXPECT_EQ(order.left(), ahead_of_disk);
  ASSERT_TRUE(order.data(1000));
  EXPECT_EQ(order.left(), ahead_of_disk - 1000);
}

}  // namespace
}  // namespace pd::files
