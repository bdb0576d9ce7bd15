#include "files/places.h"

#include <gtest/gtest.h>

namespace pd::files {
namespace {

using namespace std::chrono_literals;

const Places::Instant start{};

// How many of `attempts` offers of `person`, all at once, get a place.
std::size_t taken(Places& places, const std::string& person, std::size_t attempts, Places::Instant now = start + 1h) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < attempts; ++i)
    count += places.take(person, now) ? 1 : 0;
  return count;
}

TEST(Places, OnePersonHasNotAllOfThem) {
  Places places;
  EXPECT_EQ(taken(places, "olivier", 100), max_transfers_of_person);
  EXPECT_EQ(taken(places, "gordon", 100), max_transfers_of_person);
  EXPECT_EQ(taken(places, "alice", 1, start + 2h), 0U) << "all are taken";
  places.leave("gordon");
  EXPECT_EQ(taken(places, "olivier", 1, start + 2h), 0U);
  EXPECT_EQ(taken(places, "alice", 1, start + 2h), 1U);
}

TEST(Places, WhoOffersAgainAndAgainIsHeardSeldom) {
  Places places;
  auto now = start + 1h;
  std::size_t offers = 0;
  for (int i = 0; i < 1'000; ++i, now += 10ms) {  // ten seconds of it
    if (places.take("olivier", now)) {
      places.leave("olivier");
      ++offers;
    }
  }
  EXPECT_LE(offers, 16U + 5U);
  EXPECT_GE(offers, 16U + 4U);
  EXPECT_EQ(taken(places, "gordon", 1, now), 1U) << "nobody else suffers";
}

}  // namespace
}  // namespace pd::files
