#include "call/calls.h"

#include <gtest/gtest.h>

#include "line.h"

namespace pd::call {
namespace {

using namespace std::chrono_literals;
using test::Device;
using test::Line;
using test::Town;

const std::string olivier = "olivier@example.org";
const std::string gordon = "gordon@blackmesa.us";
const std::string alice = "alice@example.com";

class CallsTest : public testing::Test {
 protected:
  CallsTest() {
    town.settle(olivier, {"laptop", "phone"});
    town.settle(gordon, {"laptop", "phone"});
    town.settle(alice);
    gordons.accept(olivier);
    gordons.accept(alice);
  }

  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it took too long";
      io.run_for(1ms);
      io.restart();
    }
  }
  // Until nothing is under way any more.
  void end(std::initializer_list<Device*> devices) {
    for (auto* device : devices) {
      bool over = false;
      device->cancel.emit(boost::asio::cancellation_type::terminal);
      boost::asio::co_spawn(io, device->calls.shut_down(std::chrono::seconds(1)),
                            [&](const std::exception_ptr&) { over = true; });
      until([&] { return over; });
    }
  }
  // Everything that was sent up to now has been read: a signal of a contact that comes later is answered.
  void settle_signals(Device& from, Device& at) {
    const auto caller = from.self->address().text();
    const auto callee = at.self->address().text();
    const auto before = line.sent_by(callee, caller);
    line.carry(from.seal(callee, at.self->device_key().public_key(), AreYouHere{new_call_id()}));
    until([&] { return line.sent_by(callee, caller) > before; });
  }

  Town town;
  boost::asio::io_context io;
  Line line{io};
  Device oliviers{io, line, town, olivier};
  Device gordons{io, line, town, gordon};
  Device alices{io, line, town, alice};
};

TEST_F(CallsTest, ACallOfAContactBecomesALinkForBoth) {
  oliviers.place(gordon);
  until([&] { return oliviers.done() && !gordons.called_by.empty(); });
  ASSERT_TRUE(oliviers.reached && *oliviers.reached);
  EXPECT_EQ((*oliviers.reached)->way, session::Way::call);
  EXPECT_EQ((*oliviers.reached)->link->peer().address().text(), gordon);
  EXPECT_EQ(gordons.called_by, std::vector{olivier});
  EXPECT_EQ(oliviers.looked_up, 0) << "the callee was verified before";
  end({&oliviers, &gordons, &alices});
  EXPECT_EQ(line.sent_by(olivier), 3) << "two offers, and a cancel for the phone";
  EXPECT_EQ(line.sent_by(gordon), 1);
}

TEST_F(CallsTest, AProgramThatTakesNoCallsIsAsIfItWereOff) {
  gordons.takes_calls = false;
  oliviers.place(gordon);
  until([&] { return line.sent_by(olivier) == 2; });
  settle_signals(alices, gordons);
  EXPECT_EQ(gordons.gathered, 0);
  EXPECT_EQ(line.sent_by(gordon, olivier), 0);
  end({&oliviers, &gordons, &alices});
  EXPECT_TRUE(gordons.called_by.empty());
}

// CALL-20: what gordon sends when he calls the moment after an offer of olivier's that he did not answer.
class CallsAfterAnOffer : public CallsTest {
 protected:
  CallsAfterAnOffer() {
    gordons.takes_calls = false;
    oliviers.takes_calls = false;
  }
  void offer(char id) {
    const Offer offer{test::id(id), test::description(200)};
    line.carry(oliviers.seal(gordon, gordons.self->device_key().public_key(), offer));
    until([&] { return gordons.considered == 1 || !gordons.asked_by.empty(); });
  }
  int sent_when_calling() {
    EXPECT_EQ(line.sent_by(gordon), 0);
    gordons.place(olivier);
    until([&] { return line.sent_by(gordon) > 0; });
    settle_signals(alices, gordons);
    const int sent = line.sent_by(gordon, olivier);
    end({&oliviers, &gordons, &alices});
    return sent;
  }
};

constexpr int an_answer = 1;
constexpr int offers = 2;  // to both devices

TEST_F(CallsAfterAnOffer, OneOfALowerIdIsAnswered) {
  offer('0');
  EXPECT_EQ(sent_when_calling(), an_answer);
}

TEST_F(CallsAfterAnOffer, OneOfAHigherIdIsLeftToTheOthersRule) {
  offer('f');
  EXPECT_EQ(sent_when_calling(), offers);
}

TEST_F(CallsAfterAnOffer, OneOfAStrangerIsAnsweredToo) {  // whom gordon tells more by calling
  gordons.contacts.decide(oliviers.self->address(), directory::Decision::none, test::now());
  offer('0');
  EXPECT_EQ(sent_when_calling(), an_answer);
}

TEST_F(CallsTest, TheDeviceThatAnswersFirstHasTheCall) {
  Device phone(io, line, town, gordon, "phone");
  phone.accept(olivier);
  oliviers.place(gordon);
  until([&] { return oliviers.done() && gordons.called_by.size() + phone.called_by.size() == 1; });
  end({&oliviers, &gordons, &alices, &phone});
  EXPECT_EQ(gordons.called_by.size() + phone.called_by.size(), 1u);
}

TEST_F(CallsTest, AStrangerGetsNothingAtAll) {
  gordons.contacts.decide(oliviers.self->address(), directory::Decision::none, test::now());
  oliviers.place(gordon);
  until([&] { return !gordons.asked_by.empty(); });
  EXPECT_TRUE(gordons.contacts.has_request(oliviers.self->address(), test::now()));
  end({&oliviers, &gordons, &alices});
  EXPECT_EQ(gordons.gathered, 0);
  EXPECT_EQ(line.sent_by(gordon), 0);
  EXPECT_TRUE(oliviers.failed);
  EXPECT_EQ(gordons.looked_up, 0) << "what his domain could notice (CALL-21)";
  EXPECT_GT(gordons.looked_up_quietly, 0);
}

TEST_F(CallsTest, WhoIsLetInWithoutBeingKnownIsLookedUpAtTheirDomain) {
  gordons.contacts.decide(oliviers.self->address(), directory::Decision::none, test::now());
  gordons.contacts.set_policy(directory::ContactPolicy::anyone);
  oliviers.place(gordon);
  until([&] { return oliviers.done() && !gordons.called_by.empty(); });
  EXPECT_EQ(gordons.looked_up, 1);
  end({&oliviers, &gordons, &alices});
}

TEST_F(CallsTest, ABlockedPersonIsNotEvenLookedUp) {
  gordons.contacts.decide(oliviers.self->address(), directory::Decision::blocked, test::now());
  oliviers.place(gordon);
  until([&] { return line.sent_by(olivier) == 2; });
  settle_signals(alices, gordons);
  EXPECT_EQ(gordons.looked_up, 1) << "alice";
  EXPECT_EQ(line.sent_by(gordon, olivier), 0);
  end({&oliviers, &gordons, &alices});
}

TEST_F(CallsTest, AReplayedOfferIsNotAnsweredAgain) {
  oliviers.place(gordon);
  until([&] { return !gordons.called_by.empty(); });
  const auto before = line.carried;
  for (const auto& signal : before)
    line.carry(signal);
  settle_signals(oliviers, gordons);
  EXPECT_EQ(gordons.gathered, 1);
  end({&oliviers, &gordons, &alices});
  EXPECT_EQ(gordons.called_by.size(), 1u);
}

TEST_F(CallsTest, AReplayedQuestionIsNotAnsweredAgain) {  // SGN-15
  const auto question = oliviers.seal(gordon, gordons.self->device_key().public_key(), AreYouHere{test::id('a')});
  line.carry(question);
  line.carry(question);
  until([&] { return line.sent_by(gordon) == 1; });
  settle_signals(alices, gordons);
  EXPECT_EQ(line.sent_by(gordon, olivier), 1);
  end({&oliviers, &gordons, &alices});
}

TEST_F(CallsTest, AnOfferInANewSignalIsTheSameCall) {  // CALL-9
  const Offer offer{test::id('a'), test::description(200)};
  for (int i = 0; i < 2; ++i) {
    line.carry(oliviers.seal(gordon, gordons.self->device_key().public_key(), offer));
    settle_signals(oliviers, gordons);
  }
  EXPECT_EQ(gordons.gathered, 1);
  end({&oliviers, &gordons, &alices});
}

TEST_F(CallsTest, WhatIsNotForThisDeviceOrNotByADeviceOfTheSenderIsDropped) {
  const auto& key = gordons.self->device_key().public_key();
  const auto phone = Town::device_key(gordon, "phone").public_key();
  const Offer offer{test::id('a'), test::description(200)};
  gordons.calls.receive(oliviers.seal(gordon, phone, offer));
  gordons.calls.receive(oliviers.seal("alice@example.com", key, offer));
  gordons.calls.receive("no signal");
  const Device lost(io, line, town, olivier, "lost");
  gordons.calls.receive(lost.seal(gordon, key, offer));
  const Device removed(io, line, town, olivier, "phone");
  town.change_devices(olivier, {"laptop"});
  gordons.calls.receive(removed.seal(gordon, key, offer));
  settle_signals(oliviers, gordons);
  EXPECT_EQ(gordons.gathered, 0);
  EXPECT_TRUE(gordons.asked_by.empty());
  end({&oliviers, &gordons, &alices});
}

TEST_F(CallsTest, ACancelEndsTheSearchForAPath) {  // CALL-14
  const auto& key = gordons.self->device_key().public_key();
  line.carry(oliviers.seal(gordon, key, Offer{test::id('a'), test::description(200)}));
  until([&] { return line.sent_by(gordon) == 1; });
  line.carry(oliviers.seal(gordon, key, Cancel{test::id('a')}));
  settle_signals(oliviers, gordons);
  end({&oliviers, &gordons, &alices});
  EXPECT_TRUE(gordons.called_by.empty());
  EXPECT_TRUE(gordons.missed_calls.empty());
}

TEST_F(CallsTest, WhoCallEachOtherAtTheSameTimeHaveOneLink) {  // CALL-16
  oliviers.accept(gordon);
  oliviers.place(gordon);
  gordons.place(olivier);
  until([&] { return oliviers.done() && gordons.done(); });
  ASSERT_TRUE(oliviers.reached && *oliviers.reached);
  ASSERT_TRUE(gordons.reached && *gordons.reached);
  EXPECT_NE((*oliviers.reached)->way, (*gordons.reached)->way) << "one of them is the dialler of the session";
  EXPECT_TRUE(oliviers.called_by.empty());
  EXPECT_TRUE(gordons.called_by.empty());
  end({&oliviers, &gordons, &alices});
}

// CALL-16: gordon calls olivier, whom he has declined, and who calls him at the same time.
class CallsOfWhoIsCalled : public CallsTest {
 protected:
  CallsOfWhoIsCalled() {
    gordons.contacts.decide(oliviers.self->address(), directory::Decision::declined, test::now());
    oliviers.accept(gordon);
    line.delivers = false;
    gordons.place(olivier);
    until([&] { return line.sent_by(gordon) == 2; });
    line.delivers = true;
    const Offer offer{test::id('0'), test::description(200)};
    line.carry(oliviers.seal(gordon, gordons.self->device_key().public_key(), offer));
    until([&] { return line.sent_by(gordon) == 3; });
  }
};

TEST_F(CallsOfWhoIsCalled, AreAnswered) {
  end({&oliviers, &gordons, &alices});
  EXPECT_TRUE(gordons.asked_by.empty());
}

TEST_F(CallsOfWhoIsCalled, LeadToNothingOnceHisOwnIsGivenUp) {
  gordons.cancel.emit(boost::asio::cancellation_type::terminal);
  until([&] { return gordons.failed; });
  for (auto& [who, count] : line.at_door)
    count = 2;
  until([&] { return line.links == 1; });
  end({&oliviers, &gordons, &alices});
  EXPECT_TRUE(gordons.called_by.empty()) << "a link with somebody who is not let in";
  EXPECT_TRUE(gordons.missed_calls.empty());
}

TEST_F(CallsTest, ACallThatIsGivenUpIsCancelled) {
  line.delivers = false;
  oliviers.place(gordon);
  until([&] { return line.sent_by(olivier) == 2; });
  oliviers.cancel.emit(boost::asio::cancellation_type::terminal);
  until([&] { return oliviers.done(); });
  EXPECT_TRUE(oliviers.failed);
  end({&oliviers, &gordons, &alices});
  EXPECT_EQ(line.sent_by(olivier), 4);
}

TEST_F(CallsTest, PresenceIsToldNoMoreThanSoOften) {  // CALL-18
  const auto& key = gordons.self->device_key().public_key();
  line.carry(oliviers.seal(gordon, key, Offer{test::id('a'), test::description(200)}));  // so he is not looked up again
  until([&] { return gordons.gathered == 1; });
  constexpr int at_once = 8;
  for (int i = 0; i < at_once + 2; ++i)
    line.carry(oliviers.seal(gordon, key, AreYouHere{new_call_id()}));
  line.carry(alices.seal(gordon, key, Offer{test::id('b'), test::description(201)}));
  until([&] { return gordons.gathered == 2; });
  end({&oliviers, &gordons, &alices});
  EXPECT_EQ(line.sent_by(gordon, olivier), 1 + at_once) << "an answer to the offer, and to so many questions";
}

TEST_F(CallsTest, PresenceIsToldToContactsAlone) {  // CALL-18
  town.settle("eve@example.net");
  Device eves(io, line, town, "eve@example.net");
  const auto& key = gordons.self->device_key().public_key();
  line.carry(eves.seal(gordon, key, AreYouHere{test::id('a')}));
  settle_signals(oliviers, gordons);
  until([&] { return gordons.looked_up_quietly == 1; });
  settle_signals(alices, gordons);
  EXPECT_EQ(gordons.looked_up, 2) << "olivier and alice";
  EXPECT_EQ(line.sent_by(gordon, "eve@example.net"), 0);
  EXPECT_TRUE(gordons.asked_by.empty()) << "a question is no wish to talk";
  end({&oliviers, &gordons, &alices, &eves});
}

TEST_F(CallsTest, WhoIsAskedAndIsThereSaysSo) {  // CALL-25
  Device phone(io, line, town, gordon, "phone");
  phone.accept(olivier);
  oliviers.accept(gordon);
  oliviers.ask(gordon);
  until([&] { return line.sent_by(gordon) == 2; });
  settle_signals(gordons, oliviers);
  EXPECT_EQ(oliviers.said_here, std::vector{gordon}) << "once, whichever of the two devices was first";
  EXPECT_EQ(line.sent_by(olivier), 3) << "a question to each device, and an answer";
  end({&oliviers, &gordons, &alices, &phone});
}

TEST_F(CallsTest, WhoAnswersAQuestionIsNotLookedUpForIt) {  // CALL-6
  oliviers.accept(gordon);
  oliviers.ask(gordon);
  until([&] { return !oliviers.said_here.empty(); });
  EXPECT_EQ(oliviers.looked_up + oliviers.looked_up_quietly, 0);
  end({&oliviers, &gordons, &alices});
}

TEST_F(CallsTest, OnlyContactsAreAsked) {  // CALL-18
  oliviers.ask(gordon);
  oliviers.contacts.decide(alices.self->address(), directory::Decision::blocked, test::now());
  oliviers.ask(alice);
  settle_signals(alices, gordons);
  EXPECT_EQ(line.sent_by(olivier), 0);
  end({&oliviers, &gordons, &alices});
}

TEST_F(CallsTest, AnAnswerThatNobodyAskedForIsDropped) {  // CALL-25
  oliviers.accept(gordon);
  const auto& key = oliviers.self->device_key().public_key();
  line.carry(gordons.seal(olivier, key, IAmHere{test::id('a')}));
  settle_signals(gordons, oliviers);
  EXPECT_TRUE(oliviers.said_here.empty());
  end({&oliviers, &gordons, &alices});
}

}  // namespace
}  // namespace pd::call
