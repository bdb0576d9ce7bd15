// What a stream keeps: bytes between two offsets, which do not move.
#include "quic/byte_queue.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pd::quic::test {
namespace {

std::vector<std::uint8_t> numbered(std::size_t from, std::size_t to) {
  std::vector<std::uint8_t> bytes;
  for (auto i = from; i < to; ++i)
    bytes.push_back(static_cast<std::uint8_t>(i % 251));
  return bytes;
}

std::vector<std::uint8_t> all_of(ByteQueue& queue) {
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < queue.size()) {
    const auto part = queue.from(queue.begin() + bytes.size());
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

TEST(ByteQueue, IsEmptyAtFirst) {
  ByteQueue queue;
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_TRUE(queue.from(0).empty());
}

TEST(ByteQueue, KeepsWhatIsBetweenItsOffsetsThroughAnySizes) {
  ByteQueue queue;
  std::size_t begin = 0, end = 0;
  for (const std::size_t step : {1U, 16'383U, 1U, 16'384U, 40'000U, 3U, 100'000U, 16'384U}) {
    queue.append(numbered(end, end + step));
    end += step;
    ASSERT_EQ(all_of(queue), numbered(begin, end));
    begin = std::min(end, begin + step / 2 + 1);
    queue.drop(begin);
    ASSERT_EQ(queue.begin(), begin);
    ASSERT_EQ(all_of(queue), numbered(begin, end));
  }
  queue.drop(end);
  EXPECT_EQ(queue.size(), 0U);
  queue.append(numbered(end, end + 20'000));
  EXPECT_EQ(all_of(queue), numbered(end, end + 20'000));
}

TEST(ByteQueue, DropsNothingTwice) {
  ByteQueue queue;
  queue.append(numbered(0, 100));
  queue.drop(60);
  queue.drop(40);
  EXPECT_EQ(all_of(queue), numbered(60, 100));
}

TEST(ByteQueue, DoesNotMoveWhatItHolds) {
  ByteQueue queue;
  queue.append(numbered(0, 10'000));
  const auto* const place = queue.from(5'000).data();
  queue.append(numbered(10'000, 200'000));
  queue.drop(4'000);
  EXPECT_EQ(queue.from(5'000).data(), place);
}

}  // namespace
}  // namespace pd::quic::test
