#include "call/unanswered_offers.h"

#include <gtest/gtest.h>

#include "line.h"

namespace pd::call {
namespace {

using namespace std::chrono_literals;
using test::Town;

class UnansweredOffersTest : public testing::Test {
 protected:
  Received offer(const std::string& who, char id) {
    town.settle(who, {"laptop", "phone"});
    const auto device = Town::device_key(who, "laptop").public_key().id();
    return {town.find(who), device, Offer{test::id(id), test::description(200)}};
  }
  Caller caller(const std::string& who, const std::string& device = "laptop") {
    return {identity::sample::address(who), Town::device_key(who, device).public_key().id()};
  }
  // The id of what is taken.
  std::optional<CallId> take(const std::string& who, Instant at) {
    const auto taken = offers.take(identity::sample::address(who), at);
    return taken ? std::optional(call_of(taken->message)) : std::nullopt;
  }

  Town town;
  UnansweredOffers offers;
  const Instant now{};
};

const std::string somebody = "olivier@example.org";

TEST_F(UnansweredOffersTest, TheLastOneOfAnAddressIsTakenOnce) {
  offers.keep(offer(somebody, 'a'), now);
  offers.keep(offer(somebody, 'b'), now);
  EXPECT_FALSE(take("alice@example.com", now));
  EXPECT_EQ(take(somebody, now + 9s), test::id('b'));
  EXPECT_FALSE(take(somebody, now + 9s));
}

TEST_F(UnansweredOffersTest, TheirCallerWaitsTenSeconds) {
  offers.keep(offer(somebody, 'a'), now);
  EXPECT_FALSE(take(somebody, now + 10s));
}

TEST_F(UnansweredOffersTest, OneThatWasCancelledIsOver) {
  offers.keep(offer(somebody, 'a'), now);
  offers.cancelled(caller(somebody), test::id('b'));
  offers.cancelled(caller(somebody, "phone"), test::id('a'));
  offers.cancelled(caller("alice@example.com"), test::id('a'));
  EXPECT_TRUE(take(somebody, now));
  offers.keep(offer(somebody, 'a'), now);
  offers.cancelled(caller(somebody), test::id('a'));
  EXPECT_FALSE(take(somebody, now));
}

TEST_F(UnansweredOffersTest, TheOldestGoesWhenThereAreTooMany) {
  const auto who = [](std::size_t number) { return "u" + std::to_string(number) + "@example.org"; };
  for (std::size_t i = 0; i <= UnansweredOffers::most; ++i)
    offers.keep(offer(who(i), 'a'), now);
  EXPECT_FALSE(take(who(0), now));
  EXPECT_TRUE(take(who(1), now));
}

}  // namespace
}  // namespace pd::call
