#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "limit/table.h"

namespace pd::limit {
namespace {

using namespace std::chrono_literals;

TEST(Table, KeepsKeysApart) {
  Table table({1, 2}, 1000);
  EXPECT_EQ(table.take("a", 5s), 0ns);
  EXPECT_EQ(table.take("a", 5s), 0ns);
  EXPECT_EQ(table.take("a", 5s), 1s);
  EXPECT_EQ(table.take("b", 5s), 0ns);
  EXPECT_EQ(table.take("", 5s), 0ns);
}

// Whoever is far over the limit must not be forgotten because others come by.
TEST(Table, WhenFullForgetsThoseNearestToIdleFirst) {
  Table table({1, 100}, 16);  // one key a shard
  Table wide({1, 100}, 1600);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(wide.take("greedy", 1s), 0ns);
  ASSERT_GT(wide.take("greedy", 1s), 0ns);
  for (int i = 0; i < 100'000; ++i)
    wide.take("passer-by " + std::to_string(i), 1s);
  EXPECT_GT(wide.take("greedy", 1s), 0ns);
  // And a table of the smallest size works at all.
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(table.take(std::to_string(i), 1s), 0ns);
}

TEST(Table, ForgetsTheIdle) {
  Table table({1000, 1}, 160);
  for (int i = 0; i < 100'000; ++i) {
    // Each has long been idle when the next comes, so there is always room and nobody pays for others.
    EXPECT_EQ(table.take("key " + std::to_string(i), 1s * i), 0ns);
  }
}

TEST(Table, IsSafeFromManyThreads) {
  Table table({0, 1000}, 10'000);
  std::atomic<int> allowed{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1000; ++i) {
        if (table.take("shared", 1s) == 0ns) ++allowed;
        table.take("own " + std::to_string(t) + ' ' + std::to_string(i), 1s);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(allowed, 1000);
}

}  // namespace
}  // namespace pd::limit
