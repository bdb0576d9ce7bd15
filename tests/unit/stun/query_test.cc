#include "stun/query.h"

#include <vector>

#include <gtest/gtest.h>

namespace pd::stun {
namespace {

using namespace std::chrono_literals;

const TransactionId asked_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
const Clock::time_point start{100s};

std::vector<std::uint8_t> answer_for(const TransactionId& transaction) {
  std::vector<std::uint8_t> bytes = {1, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42};
  bytes.insert(bytes.end(), transaction.begin(), transaction.end());
  const std::vector<std::uint8_t> mapped = {0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
  bytes.insert(bytes.end(), mapped.begin(), mapped.end());
  return bytes;
}

// When a server that says nothing is asked, and when that is over.
std::vector<Clock::duration> schedule(Timing timing) {
  Query query(asked_id, start, timing);
  std::vector<Clock::duration> times;
  while (const auto wake = query.wake()) {
    EXPECT_FALSE(query.due(*wake - 1ms)) << "not before its time";
    query.due(*wake);
    times.push_back(*wake - start);
  }
  return times;
}

TEST(StunQuery, IsRepeatedAsTheStandardSays) {
  EXPECT_EQ(schedule({}),
            (std::vector<Clock::duration>{0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms, 39500ms}));
  EXPECT_EQ(schedule({.first = 100ms, .requests = 2, .last = 4}), (std::vector<Clock::duration>{0ms, 100ms, 500ms}));
  EXPECT_EQ(schedule({.first = 1s, .requests = 0, .last = 1}), (std::vector<Clock::duration>{0s, 1s}));
}

TEST(StunQuery, EndsInSilence) {
  Query query(asked_id, start, {.first = 100ms, .requests = 1, .last = 1});
  EXPECT_TRUE(query.due(start));
  EXPECT_FALSE(query.over());
  EXPECT_FALSE(query.due(start + 100ms));
  EXPECT_TRUE(query.over());
  EXPECT_FALSE(query.answer());
  EXPECT_FALSE(query.take(answer_for(asked_id))) << "too late";
}

TEST(StunQuery, EndsWithItsAnswer) {
  Query query(asked_id, start);
  EXPECT_FALSE(query.take(answer_for(asked_id))) << "nothing was asked yet";
  EXPECT_TRUE(query.due(start));
  EXPECT_TRUE(query.take(answer_for(asked_id)));
  EXPECT_TRUE(query.over());
  EXPECT_FALSE(query.wake());
  EXPECT_FALSE(query.due(start + 500ms));
  EXPECT_EQ(query.answer()->mapped.port, 32853);
}

TEST(StunQuery, TakesNothingElse) {
  Query query(asked_id, start);
  query.due(start);
  TransactionId other = asked_id;
  other[11] ^= 1;
  EXPECT_FALSE(query.take(answer_for(other)));
  EXPECT_FALSE(query.take(query.request())) << "its own request, come back";
  EXPECT_FALSE(query.take({}));
  EXPECT_FALSE(query.over());
  EXPECT_TRUE(query.take(answer_for(asked_id)));
}

}  // namespace
}  // namespace pd::stun
