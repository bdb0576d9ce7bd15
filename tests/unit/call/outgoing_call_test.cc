#include "call/outgoing_call.h"

#include <gtest/gtest.h>

#include "sample_call.h"

namespace pd::call {
namespace {

using test::description;
using test::id;
using namespace std::chrono_literals;

class OutgoingCallTest : public ::testing::Test {
 protected:
  // What an offer to the devices that are named brings about.
  Effects offer() { return call_.offer(description(1), now_); }
  static std::string why(const Effects& effects) { return std::get<GiveUp>(effects.at(0)).why; }

  const Instant now_{1000s};
  OutgoingCall call_{id('a'), {"laptop", "phone", "tablet"}};
};

TEST_F(OutgoingCallTest, OffersItToEveryDevice) {  // CALL-10
  const Offer offered{id('a'), description(1)};
  EXPECT_EQ(offer(), (Effects{SendTo{"laptop", offered}, SendTo{"phone", offered}, SendTo{"tablet", offered}}));
  EXPECT_TRUE(call_.waiting());
}

TEST_F(OutgoingCallTest, TheFirstAnswerWinsAndTheOthersAreCancelled) {  // CALL-12
  offer();
  call_.declined("tablet", Reason::away);
  EXPECT_EQ(call_.answered("phone", description(2)),
            (Effects{FindPath{"phone", description(2)}, SendTo{"laptop", Cancel{id('a')}}}));
  EXPECT_FALSE(call_.waiting());
  EXPECT_EQ(call_.answered("laptop", description(3)), Effects{});
  EXPECT_EQ(call_.tick(now_ + 1h), Effects{});
  EXPECT_EQ(call_.abandon(), Effects{});
}

TEST_F(OutgoingCallTest, AnAnswerOfADeviceThatWasNotOfferedItIsNone) {
  offer();
  EXPECT_EQ(call_.answered("stranger's", description(2)), Effects{});
  EXPECT_EQ(call_.declined("stranger's", Reason::busy), Effects{});
  EXPECT_TRUE(call_.waiting());
}

TEST_F(OutgoingCallTest, ADeviceThatHasDeclinedCannotAnswer) {
  offer();
  call_.declined("phone", Reason::away);
  EXPECT_EQ(call_.answered("phone", description(2)), Effects{});
}

TEST_F(OutgoingCallTest, GivesUpWhenNobodyAnswers) {  // CALL-13
  offer();
  EXPECT_EQ(call_.deadline(), now_ + 10s);
  EXPECT_EQ(call_.tick(now_ + 9'999ms), Effects{});
  call_.declined("phone", Reason::away);
  const auto effects = call_.tick(now_ + 10s);
  EXPECT_NE(why(effects).find("nobody answers"), std::string::npos);
  EXPECT_EQ(Effects(effects.begin() + 1, effects.end()),
            (Effects{SendTo{"laptop", Cancel{id('a')}}, SendTo{"tablet", Cancel{id('a')}}}));
  EXPECT_TRUE(call_.over());
}

TEST_F(OutgoingCallTest, GivesUpAtOnceWhenAllDecline) {
  offer();
  EXPECT_EQ(call_.declined("phone", Reason::busy), Effects{});
  EXPECT_EQ(call_.declined("phone", Reason::busy), Effects{});
  EXPECT_EQ(call_.declined("laptop", Reason::away), Effects{});
  const auto effects = call_.declined("tablet", Reason::away);
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_NE(why(effects).find("too many calls"), std::string::npos);
}

TEST_F(OutgoingCallTest, WhoYieldsSendsNothing) {  // CALL-16
  offer();
  call_.yield();
  EXPECT_TRUE(call_.over());
  EXPECT_EQ(call_.answered("phone", description(2)), Effects{});
  EXPECT_EQ(call_.tick(now_ + 1h), Effects{});
  EXPECT_EQ(call_.abandon(), Effects{});
}

TEST_F(OutgoingCallTest, WhatWasGivenUpBeforeTheOfferIsNotOffered) {
  call_.yield();
  EXPECT_EQ(offer(), Effects{});
  OutgoingCall abandoned{id('b'), {"laptop"}};
  EXPECT_EQ(abandoned.abandon(), Effects{});
  EXPECT_EQ(abandoned.offer(description(1), now_), Effects{});
}

TEST_F(OutgoingCallTest, TheOwnerMayGiveItUp) {
  offer();
  EXPECT_EQ(call_.abandon().size(), 4u);
  EXPECT_FALSE(call_.waiting());
}

TEST_F(OutgoingCallTest, SomebodyWithoutDevicesCannotBeCalled) {
  OutgoingCall call{id('b'), {}};
  EXPECT_EQ(why(call.offer(description(1), now_)), "they have no device");
}

}  // namespace
}  // namespace pd::call
