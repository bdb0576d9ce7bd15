#include "call/incoming_calls.h"

#include <gtest/gtest.h>

#include "identity/sample.h"
#include "sample_call.h"

namespace pd::call {
namespace {

using test::id;
using Take = IncomingCalls::Take;
using namespace std::chrono_literals;

class IncomingCallsTest : public ::testing::Test {
 protected:
  static Caller caller(const std::string& address, const std::string& device = "laptop") {
    return {identity::sample::address(address), device};
  }
  IncomingCalls::Ruling offered(const Caller& from, const CallId& call, std::optional<CallId> ours = {}) {
    return calls_.offered(from, call, ours, now_);
  }
  // A call id that was not there before.
  CallId fresh() {
    auto text = std::to_string(++number_);
    return std::string(32 - text.size(), '0') + text;
  }

  IncomingCalls calls_;
  Instant now_{1000s};
  int number_ = 0;
  const Caller olivier_ = caller("olivier@example.org");
};

TEST_F(IncomingCallsTest, TakesAnOfferOnce) {  // CALL-9
  EXPECT_EQ(offered(olivier_, id('a')).take, Take::take);
  EXPECT_TRUE(calls_.over(olivier_, id('a')));
  EXPECT_EQ(offered(olivier_, id('a')).take, Take::drop);
  now_ += 5min;
  EXPECT_EQ(offered(olivier_, id('a')).take, Take::take);
}

TEST_F(IncomingCallsTest, TheIdOfACallIsTheCallersOwn) {
  EXPECT_EQ(offered(olivier_, id('a')).take, Take::take);
  EXPECT_EQ(offered(caller("gordon@blackmesa.us"), id('a')).take, Take::take);
}

TEST_F(IncomingCallsTest, ANewOfferOfADeviceTakesThePlaceOfTheOneBefore) {  // CALL-17
  offered(olivier_, id('a'));
  const auto ruling = offered(olivier_, id('b'));
  EXPECT_EQ(ruling.take, Take::take);
  EXPECT_EQ(ruling.replaced, id('a'));
  EXPECT_FALSE(calls_.over(olivier_, id('a')));
  EXPECT_FALSE(offered(caller("olivier@example.org", "phone"), id('c')).replaced);
  EXPECT_EQ(calls_.count(), 2u);
}

TEST_F(IncomingCallsTest, ACancelIsBelievedFromTheDeviceThatCalls) {  // CALL-14
  offered(olivier_, id('a'));
  EXPECT_FALSE(calls_.over(caller("olivier@example.org", "phone"), id('a')));
  EXPECT_FALSE(calls_.over(olivier_, id('b')));
  EXPECT_TRUE(calls_.over(olivier_, id('a')));
  EXPECT_FALSE(calls_.over(olivier_, id('a')));
}

TEST_F(IncomingCallsTest, OfTwoCallsAtTheSameTimeTheLowerIdGoesOn) {  // CALL-16
  const auto lost = offered(olivier_, id('a'), id('b'));
  EXPECT_EQ(lost.take, Take::take);
  EXPECT_TRUE(lost.yield);
  const auto won = offered(olivier_, id('c'), id('b'));
  EXPECT_EQ(won.take, Take::drop);
  EXPECT_FALSE(won.yield);
}

TEST_F(IncomingCallsTest, AnswersEightAtTheSameTime) {  // CALL-17
  for (char digit = '0'; digit < '8'; ++digit)
    EXPECT_EQ(offered(caller(std::string("n") + digit + "@example.org"), id(digit)).take, Take::take);
  EXPECT_EQ(offered(olivier_, id('a')).take, Take::busy);
  EXPECT_EQ(offered(caller("n0@example.org"), id('b')).take, Take::take) << "in place of their own";
  calls_.over(caller("n1@example.org"), id('1'));
  EXPECT_EQ(offered(olivier_, id('c')).take, Take::take);
}

TEST_F(IncomingCallsTest, OneAddressCannotCallWithoutEnd) {  // CALL-17
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(offered(olivier_, fresh()).take, Take::take);
  EXPECT_EQ(offered(olivier_, fresh()).take, Take::busy);
  EXPECT_EQ(offered(caller("gordon@blackmesa.us"), fresh()).take, Take::take);
  now_ += 2s;
  EXPECT_EQ(offered(olivier_, fresh()).take, Take::take);
  EXPECT_EQ(offered(olivier_, fresh()).take, Take::busy);
}

TEST_F(IncomingCallsTest, WhoComesAgainIsNotCounted) {
  for (int i = 0; i < 9; ++i)
    offered(olivier_, id('a'));
  EXPECT_EQ(offered(olivier_, fresh()).take, Take::take);
}

TEST_F(IncomingCallsTest, WhatIsOverThePaceIsNotRemembered) {  // CALL-9
  for (int i = 0; i < 8; ++i)
    offered(olivier_, fresh());
  EXPECT_EQ(offered(olivier_, id('a')).take, Take::busy);
  now_ += 2s;
  EXPECT_EQ(offered(olivier_, id('a')).take, Take::take);
}

TEST_F(IncomingCallsTest, WhoFloodsIsForgottenFirstAndNobodyElseIsDropped) {  // CALL-9
  const auto flood = [&](int i, const CallId& call) {
    return offered(caller("n" + std::to_string(i) + "@combine.example"), call).take;
  };
  offered(olivier_, id('a'));
  flood(0, id('b'));
  flood(1, id('c'));
  for (int i = 2; i < 1'024; ++i)
    flood(i, fresh());
  EXPECT_EQ(flood(1, id('c')), Take::drop);
  EXPECT_NE(flood(0, id('b')), Take::drop);
  EXPECT_NE(offered(olivier_, fresh()).take, Take::drop);
  EXPECT_EQ(offered(olivier_, id('a')).take, Take::drop);
}

}  // namespace
}  // namespace pd::call
