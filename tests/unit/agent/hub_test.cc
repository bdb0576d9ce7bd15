// Hubs that really talk, over loopback.
#include "agent/hub.h"

#include "cutter.h"
#include "post.h"

namespace pd::agent::test {
namespace {

using identity::sample::address;
using Texts = std::vector<std::string>;

// A feature that does nothing, and counts the sessions that have it.
struct Counted final : session::Feature {
  struct Nothing final : session::Extension {
    identity::Result<void> receive(std::uint8_t, std::string) override { return {}; }
    void supply() override {}
    void close() override {}
  };
  session::FeatureTypes types() const override { return {"counted", 100, 101}; }
  std::shared_ptr<session::Extension> start(session::Channel&) override {
    ++sessions;
    return std::make_shared<Nothing>();
  }
  int sessions = 0;
};

class HubTest : public Talk {
 protected:
  void end(Post& post) {
    post.hang_up();
    until([&] { return post.gone; });
    io.restart();
    io.poll();
  }
  bool delivered(session::History& history, const std::string& to) {
    return history.count_undelivered(address(to)) == 0;
  }

  pd::test::Folder folder;
  session::History oliviers{folder.path() / "olivier.db"};
  session::History gordons{folder.path() / "gordon.db"};
};

TEST_F(HubTest, MessagesGoBothWaysOverOneLink) {
  Post one(olivier, io, people, oliviers);
  Post other(gordon, io, people, gordons);
  other.listen();
  one.hub.send(address(gordon), "hello");
  until([&] { return other.heard() == Texts{"hello"}; });
  other.hub.send(address(olivier), "hello yourself");
  until([&] { return one.heard() == Texts{"hello yourself"} && delivered(gordons, olivier); });
  EXPECT_EQ(one.count<Delivered>(), 1U);
  EXPECT_EQ(other.count<Connected>(), 1U);
  end(one);
  end(other);
}

TEST_F(HubTest, WhatWasWrittenWaitsUntilTheyComeUpAndGoesInOrder) {
  Post one(olivier, io, people, oliviers);
  Texts texts;
  for (int i = 0; i < 100; ++i) {
    texts.push_back("m" + std::to_string(i));
    one.hub.send(address(gordon), texts.back());
  }
  until([&] { return one.count<Waiting>() == 1; });
  Post other(gordon, io, people, gordons);
  other.listen();
  until([&] { return delivered(oliviers, gordon); });
  EXPECT_EQ(other.heard(), texts);
  end(one);
  end(other);
}

TEST_F(HubTest, WhatAnotherProcessLeftIsFoundWhenItStarts) {
  oliviers.write(address(gordon), Texts{"from before"}, identity::sample::at(10));
  Post other(gordon, io, people, gordons);
  other.listen();
  Post one(olivier, io, people, oliviers);
  until([&] { return other.heard() == Texts{"from before"}; });
  end(one);
  end(other);
}

TEST_F(HubTest, WhatAnotherProcessWritesMeanwhileIsFoundToo) {
  auto times = quick();
  times.check = std::chrono::milliseconds(20);
  Post other(gordon, io, people, gordons);
  other.listen();
  Post one(olivier, io, people, oliviers, times);
  session::History beside(folder.path() / "olivier.db");
  beside.write(address(gordon), Texts{"beside"}, identity::sample::at(10));
  until([&] { return other.heard() == Texts{"beside"}; });
  end(one);
  end(other);
}

TEST_F(HubTest, ALinkThatNobodyWantsIsEnded) {
  Post one(olivier, io, people, oliviers);
  Post other(gordon, io, people, gordons);
  other.listen();
  one.hub.send(address(gordon), "once");
  until([&] { return one.count<Disconnected>() == 1 && other.count<Disconnected>() == 1; });
  EXPECT_TRUE(one.hub.connected().empty());
  EXPECT_EQ(other.heard(), Texts{"once"});
  end(one);
  end(other);
}

TEST_F(HubTest, AnOpenConversationKeepsTheLinkAndAClosedOneLetsItGo) {
  Post one(olivier, io, people, oliviers);
  Post other(gordon, io, people, gordons);
  other.listen();
  one.hub.open(address(gordon));
  until([&] { return one.hub.standing(address(gordon)).link.has_value(); });
  io.restart();
  io.run_for(quick().idle * 4);
  EXPECT_EQ(one.count<Disconnected>(), 0U);
  one.hub.close(address(gordon));
  until([&] { return one.count<Disconnected>() == 1; });
  end(one);
  end(other);
}

TEST_F(HubTest, TwoWhoCallEachOtherKeepOneLinkAndNothingIsDoubled) {
  auto patient = quick();
  patient.idle = std::chrono::hours(1);
  Post one(olivier, io, people, oliviers, patient);
  Post other(gordon, io, people, gordons, patient);
  one.listen();
  other.listen();
  one.hub.open(address(gordon));  // so that a link is wanted when everything has been delivered
  other.hub.open(address(olivier));
  Texts to_gordon;
  Texts to_olivier;
  for (int i = 0; i < 20; ++i) {
    to_gordon.push_back("to gordon " + std::to_string(i));
    one.hub.send(address(gordon), to_gordon.back());
    to_olivier.push_back("to olivier " + std::to_string(i));
    other.hub.send(address(olivier), to_olivier.back());
  }
  until([&] { return delivered(oliviers, gordon) && delivered(gordons, olivier); });
  EXPECT_EQ(other.heard(), to_gordon);
  EXPECT_EQ(one.heard(), to_olivier);
  until([&] { return one.hub.links(address(gordon)) == 1 && other.hub.links(address(olivier)) == 1; });
  end(one);
  end(other);
}

// AGT-20: gordon's address is the lesser one, so that it is not his call that goes as long as it stands.
TEST_F(HubTest, ACallWhoseLinkIsLostIsNotRepeatedWhileTheirsStands) {
  auto patient = quick();
  patient.idle = patient.settle = std::chrono::hours(1);
  Post one(gordon, io, people, gordons, patient);
  one.listen();
  session::test::Person other(olivier, io, people);
  session::test::Cutter line(io, other.listen(), 1, 0);
  people.say(olivier, line.port());
  one.hub.open(address(olivier));
  until([&] { return one.hub.links(address(olivier)) == 1; });
  other.call(gordon);
  until([&] { return one.hub.links(address(olivier)) == 2; });
  const auto asked = people.asked(olivier);
  line.cut_now();
  until([&] { return one.hub.links(address(olivier)) == 1; });
  io.restart();
  io.run_for(quick().first_retry * 10);
  EXPECT_EQ(people.asked(olivier), asked);
  EXPECT_EQ(one.count<Disconnected>(), 0U);
  Talk::end(other);
  Talk::end_listener(other);
  end(one);
}

TEST_F(HubTest, WhoWaitsForTheNextCallIsCalledWhenThereIsReasonTo) {
  auto slow = quick();
  slow.first_retry = slow.turn = std::chrono::hours(1);
  for (const auto& why : {&Hub::hurry, &Hub::probe}) {
    Post one(olivier, io, people, oliviers, slow);
    one.hub.send(address(gordon), "are you there?");
    until([&] { return one.count<Waiting>() == 1; });
    Post other(gordon, io, people, gordons);
    other.listen();
    io.restart();
    io.poll();
    const auto begun = std::chrono::steady_clock::now();
    (one.hub.*why)();
    until([&] { return delivered(oliviers, gordon); });
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20)) << "by itself it would have been 22";
    end(one);
    end(other);
  }
}

TEST_F(HubTest, ALinkThatIsDoubtedAndThereStays) {
  auto patient = quick();
  patient.idle = std::chrono::hours(1);
  Post one(olivier, io, people, oliviers, patient);
  Post other(gordon, io, people, gordons, patient);
  other.listen();
  one.hub.send(address(gordon), "hello");
  until([&] { return delivered(oliviers, gordon); });
  one.hub.probe();
  other.hub.probe();
  one.hub.send(address(gordon), "still there");
  until([&] { return delivered(oliviers, gordon); });
  EXPECT_EQ(one.count<Disconnected>() + other.count<Disconnected>(), 0U);
  end(one);
  end(other);
}

TEST_F(HubTest, ASessionThatCarriesNoMessagesConnectsNobody) {
  Post one(olivier, io, people, oliviers);
  one.listen();
  session::test::Person guest(gordon, io, people);
  guest.chats = false;
  guest.call(olivier);
  until([&] { return guest.sessions == 1; });
  one.hub.send(address(gordon), "hello");
  until([&] { return one.count<Waiting>() == 1; });  // it has called them, where they do not listen
  EXPECT_EQ(one.count<Connected>(), 0U);
  EXPECT_EQ(guest.sessions, 1);
  Talk::end(guest);
  end(one);
}

TEST_F(HubTest, ItsFeaturesAreThereWhoeverHasCalled) {
  Counted oliviers_feature;
  Counted gordons_feature;
  Post one(olivier, io, people, oliviers, quick(), {&oliviers_feature});
  Post other(gordon, io, people, gordons, quick(), {&gordons_feature});
  other.listen();
  one.hub.send(address(gordon), "hello");
  until([&] { return oliviers_feature.sessions == 1 && gordons_feature.sessions == 1; });
  end(one);
  end(other);
}

TEST_F(HubTest, NobodyIsToldOnceAndNotCalledAgainSoon) {
  Post one(olivier, io, people, oliviers);
  one.hub.send(address("nobody@example.com"), "is anybody there?");
  until([&] { return one.count<Failed>() == 1; });
  io.restart();
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(people.asked("nobody@example.com"), 1);
  EXPECT_FALSE(one.hub.standing(address("nobody@example.com")).reason.empty());
  one.hub.send(address("nobody@example.com"), "and now?");
  until([&] { return one.count<Failed>() == 2; });
  end(one);
}

TEST_F(HubTest, WhoIsCalledInVainMakesRoomForOthers) {
  auto times = quick();
  times.calls = 1;
  Post other(gordon, io, people, gordons);
  other.listen();
  Post one(olivier, io, people, oliviers, times);
  one.hub.send(address(alice), "never there");
  until([&] { return one.count<Waiting>() == 1; });
  one.hub.send(address(gordon), "there");
  until([&] { return other.heard() == Texts{"there"}; });
  const auto asked = people.asked(alice);
  until([&] { return people.asked(alice) > asked; });  // and has its turn again
  end(one);
  end(other);
}

TEST_F(HubTest, ShuttingDownSaysByeAndKeepsWhatWaits) {
  Post other(gordon, io, people, gordons);
  other.listen();
  {
    Post one(olivier, io, people, oliviers);
    one.hub.open(address(gordon));
    one.hub.open(address(alice));
    one.hub.send(address(alice), "later");
    until([&] { return one.hub.standing(address(gordon)).link.has_value(); });
    end(one);
  }
  until([&] { return other.count<Disconnected>() == 1; });
  EXPECT_EQ(oliviers.count_undelivered(address(alice)), 1U);
  end(other);
}

}  // namespace
}  // namespace pd::agent::test
