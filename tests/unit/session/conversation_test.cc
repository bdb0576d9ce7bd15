// Whole conversations: a Caller and a Switchboard over real sockets.
#include <sqlite3.h>

#include "connect/dial.h"
#include "cutter.h"
#include "talk.h"

namespace pd::session::test {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

Texts numbered(const std::string& word, int count) {
  Texts texts;
  for (int i = 0; i < count; ++i)
    texts.push_back(word + " " + std::to_string(i));
  return texts;
}

// A way to somebody's listener on loopback that is there when it is tried again.
class SecondTime final : public Reach {
 public:
  SecondTime(std::string caller, std::uint16_t port) : caller_(std::move(caller)), port_(port) {}

  boost::asio::awaitable<connect::Outcome<Reached>> link_to(directory::VerifiedPeer peer) override {
    if (!std::exchange(tried_, true)) co_return connect::no_link(connect::Cause::unreachable, "nobody answers");
    const std::vector endpoints{identity::sample::loopback(port_)};
    auto link = co_await connect::dial(Town::credentials(caller_), std::move(peer), endpoints);
    if (!link) co_return tl::unexpected(link.error());
    co_return Reached{*std::move(link), Way::call};
  }

 private:
  std::string caller_;
  std::uint16_t port_;
  bool tried_ = false;
};

TEST_F(Talk, TwoPeopleTalk) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  people.say(gordon, listener.listen());
  caller.call(gordon);
  caller.write(gordon, {"Hello, Gordon.", "Are you there?"});
  until([&] { return listener.shown.size() == 2 && caller.all_delivered(gordon); });
  listener.write(olivier, {"I am."});
  until([&] { return caller.shown.size() == 1 && listener.all_delivered(olivier); });
  EXPECT_EQ(listener.heard_of(olivier), (Texts{"Hello, Gordon.", "Are you there?"}));
  EXPECT_EQ(caller.shown.front(), std::make_pair(gordon, std::string("I am.")));
  EXPECT_EQ(caller.deliveries, 2U);
  EXPECT_EQ(listener.switchboard->connected().size(), 1U);
  end(caller);
  EXPECT_EQ(caller.how.ending, Ending::left);
  until([&] { return !listener.endings.empty(); });
  EXPECT_EQ(listener.endings, std::vector{Ending::done});
  EXPECT_TRUE(listener.switchboard->connected().empty());
  end_listener(listener);
}

TEST_F(Talk, SeveralPeopleTalkToOne) {
  Person listener(gordon, io, people);
  Person first(olivier, io, people);
  Person second(alice, io, people);
  people.say(gordon, listener.listen());
  first.call(gordon);
  second.call(gordon);
  first.write(gordon, numbered("olivier", 50));
  second.write(gordon, numbered("alice", 50));
  listener.write(olivier, {"to olivier"});
  listener.write(alice, {"to alice"});
  until([&] { return first.all_delivered(gordon) && second.all_delivered(gordon); });
  until([&] { return first.shown.size() == 1 && second.shown.size() == 1; });
  EXPECT_EQ(listener.heard_of(olivier), numbered("olivier", 50));
  EXPECT_EQ(listener.heard_of(alice), numbered("alice", 50));
  EXPECT_EQ(first.shown.front().second, "to olivier");
  EXPECT_EQ(second.shown.front().second, "to alice");
  end(first);
  end(second);
  end_listener(listener);
}

TEST_F(Talk, MessagesWaitUntilSomebodyListens) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  caller.call(gordon);
  caller.write(gordon, {"early"});
  until([&] { return caller.reasons.size() >= 3; });
  EXPECT_FALSE(caller.all_delivered(gordon));
  people.say(gordon, listener.listen());
  until([&] { return caller.all_delivered(gordon); });
  EXPECT_EQ(listener.heard_of(olivier), Texts{"early"});
  end(caller);
  end_listener(listener);
}

TEST_F(Talk, MessagesOfAListenerWaitForTheNextCall) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  people.say(gordon, listener.listen());
  listener.write(olivier, {"when you call"});
  caller.call(gordon);
  until([&] { return listener.all_delivered(olivier); });
  EXPECT_EQ(caller.heard_of(gordon), Texts{"when you call"});
  end(caller);
  end_listener(listener);
}

TEST_F(Talk, TheCallerComesBackToAListenerThatRestarted) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  people.say(gordon, listener.listen());
  caller.call(gordon);
  until([&] { return caller.sessions == 1; });
  end_listener(listener);
  EXPECT_EQ(caller.endings, std::vector{Ending::shutdown});
  caller.write(gordon, {"are you back?"});
  people.say(gordon, listener.listen());
  until([&] { return caller.all_delivered(gordon); });
  EXPECT_EQ(listener.heard_of(olivier), Texts{"are you back?"});
  end(caller);
  end_listener(listener);
}

class OnABadLine : public Talk, public testing::WithParamInterface<unsigned> {};

TEST_P(OnABadLine, NothingIsLostDoubledOrOutOfOrder) {
  constexpr int count = 150;
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  const Cutter line(io, listener.listen(), GetParam(), 25);
  people.say(gordon, line.port());
  caller.call(gordon);
  for (int i = 0; i < count; i += 10) {
    caller.write(gordon, Texts(numbered("hello " + std::to_string(i), 10)));
    listener.write(olivier, Texts(numbered("answer " + std::to_string(i), 10)));
    io.restart();
    io.run_for(10ms);
  }
  until([&] { return line.cuts_left() == 0 && caller.all_delivered(gordon) && listener.all_delivered(olivier); });
  Texts hello;
  Texts answer;
  for (int i = 0; i < count; i += 10) {
    for (const auto& text : numbered("hello " + std::to_string(i), 10))
      hello.push_back(text);
    for (const auto& text : numbered("answer " + std::to_string(i), 10))
      answer.push_back(text);
  }
  EXPECT_EQ(listener.heard_of(olivier), hello);
  EXPECT_EQ(caller.heard_of(gordon), answer);
  EXPECT_EQ(listener.shown.size(), hello.size());
  EXPECT_EQ(caller.shown.size(), answer.size());
  EXPECT_EQ(caller.deliveries, hello.size());
  EXPECT_GT(caller.endings.size(), 0U);
  end(caller);
  end_listener(listener);
}

INSTANTIATE_TEST_SUITE_P(Seeds, OnABadLine, testing::Values(1U, 2U, 3U, 4U, 5U));

TEST_F(Talk, AFullWindowOfTheLongestMessagesGoesBothWaysAtOnce) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  people.say(gordon, listener.listen());
  const Texts long_ones(80, std::string(max_text_bytes, '"'));
  caller.write(gordon, long_ones);
  listener.write(olivier, long_ones);
  caller.call(gordon);
  until([&] { return caller.all_delivered(gordon) && listener.all_delivered(olivier); });
  EXPECT_EQ(listener.heard_of(olivier), long_ones);
  EXPECT_EQ(caller.heard_of(gordon), long_ones);
  end(caller);
  end_listener(listener);
}

TEST_F(Talk, AWrongKeyIsFinal) {
  Person impostor(eve, io, people);
  Person caller(olivier, io, people);
  people.say(gordon, impostor.listen());
  caller.call(gordon);
  caller.write(gordon, {"this is secret"});
  until([&] { return caller.over; });
  EXPECT_EQ(caller.failed_as(), directory::Kind::unverified);
  EXPECT_EQ(impostor.sessions, 0);
  EXPECT_FALSE(caller.all_delivered(gordon));
  end_listener(impostor);
}

TEST_F(Talk, NobodyIsFinal) {
  Person caller(olivier, io, people);
  caller.call("nobody@example.com");
  until([&] { return caller.over; });
  EXPECT_EQ(caller.failed_as(), directory::Kind::nobody);
}

TEST_F(Talk, WhereSomebodyIsNotBelievedToBeIsSaidAndNotDialled) {
  Person caller(olivier, io, people);
  people.dropped = "a record has expired (EP-7)";
  caller.call(gordon);
  until([&] { return !caller.reasons.empty(); });
  EXPECT_EQ(caller.drops.front(), people.dropped);
  EXPECT_EQ(caller.reasons.front(), people.dropped);
  end(caller);
}

TEST_F(Talk, WhoHasPublishedNothingIsReachedInTheOtherWay) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  const auto port = listener.listen();
  SecondTime other_way(olivier, port);
  caller.other_way = &other_way;
  caller.call(gordon);
  caller.write(gordon, {"found you"});
  until([&] { return caller.all_delivered(gordon); });
  EXPECT_EQ(caller.reasons, std::vector<std::string>{"nobody answers"}) << "and then it was tried again";
  EXPECT_EQ(listener.heard_of(olivier), std::vector<std::string>{"found you"});
  end(caller);
  end_listener(listener);
}

TEST_F(Talk, ALinkThatCameOtherwiseIsASessionLikeAnyOther) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  listener.join_as = town.find(olivier);
  people.say(gordon, listener.listen([](const auto&) { return std::optional<std::string>("nobody is let in"); }));
  caller.call(gordon);
  caller.write(gordon, {"by a signal"});
  until([&] { return caller.all_delivered(gordon); });
  EXPECT_EQ(listener.switchboard->connected(), std::vector{identity::sample::address(olivier)});
  EXPECT_EQ(people.asked(olivier), 0);
  end_listener(listener);
  end(caller);
}

TEST_F(Talk, WhoIsNotWantedIsNotLetIn) {
  Person listener(gordon, io, people);
  Person caller(eve, io, people);
  people.say(gordon, listener.listen([&](const auto& peer) {
    return peer.address().text() == olivier ? std::nullopt : std::optional<std::string>("not olivier");
  }));
  caller.call(gordon);
  caller.write(gordon, {"let me in"});
  until([&] { return listener.refused.size() >= 2; });  // it tries again, for one may be wanted later
  EXPECT_EQ(listener.refused.front().first, eve);
  EXPECT_EQ(caller.sessions, 0);
  EXPECT_TRUE(listener.shown.empty());
  end(caller);
  end_listener(listener);
}

TEST_F(Talk, ARemovedDeviceIsNotLetIn) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  int decided = 0;
  people.say(gordon, listener.listen([&](const auto&) {
    ++decided;
    return std::nullopt;
  }));
  town.change_devices(olivier, {"phone"});
  caller.call(gordon, "laptop");
  until([&] { return !listener.refused.empty(); });
  EXPECT_EQ(caller.sessions, 0);
  EXPECT_EQ(decided, 0) << "who has proven no device is not decided about (CON-2)";
  end(caller);
  Person other(olivier, io, people);
  other.call(gordon, "phone");
  until([&] { return other.sessions == 1; });
  end(other);
  end_listener(listener);
}

TEST_F(Talk, TheDirectoryIsAskedOnceAboutWhoIsDenied) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  people.say(gordon, listener.listen());
  town.change_devices(olivier, {"phone"});
  caller.call(gordon, "laptop");
  until([&] { return listener.refused.size() == 4; });
  EXPECT_EQ(people.asked(olivier), 1);
  end(caller);
  end_listener(listener);
}

TEST_F(Talk, TheFifthSessionOfADeviceReplacesTheFirst) {
  Person listener(gordon, io, people);
  people.say(gordon, listener.listen());
  std::vector<std::unique_ptr<Person>> terminals;
  for (int i = 0; i < 5; ++i) {
    terminals.push_back(std::make_unique<Person>(olivier, io, people));
    terminals.back()->call(gordon);
    until([&] { return terminals.back()->sessions == 1; });
  }
  until([&] { return terminals.front()->over; });
  EXPECT_EQ(terminals.front()->how.ending, Ending::replaced);
  listener.write(olivier, {"to the newest"});
  until([&] { return listener.all_delivered(olivier); });
  EXPECT_EQ(terminals.back()->shown.size(), 1U);
  terminals.back()->caller->stop(Farewell::done);
  until([&] { return terminals.back()->over && listener.endings.size() == 2; });
  listener.write(olivier, {"to the one before"});
  until([&] { return terminals[3]->shown.size() == 1; });
  for (auto& each : terminals)
    end(*each);
  end_listener(listener);
}

TEST_F(Talk, WhatCannotBeStoredIsNotAcknowledged) {
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  people.say(gordon, listener.listen());
  caller.call(gordon);
  until([&] { return caller.sessions == 1; });
  {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((listener.folder.path() / "history.db").c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, "DROP TABLE message", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }
  caller.write(gordon, {"into nothing"});
  until([&] { return caller.over; });
  EXPECT_EQ(caller.failed_as(), directory::Kind::failed);
  EXPECT_FALSE(caller.all_delivered(gordon));
  EXPECT_TRUE(listener.shown.empty());
  EXPECT_EQ(listener.endings, std::vector{Ending::failed});
  end_listener(listener);
}

TEST_F(Talk, APeerThatBreaksTheRulesIsTold) {
  Person listener(gordon, io, people);
  people.say(gordon, listener.listen());
  std::string heard;
  bool over = false;
  const auto rude = [&]() -> boost::asio::awaitable<void> {
    const std::vector<identity::TcpEndpoint> endpoints = people.endpoints(town.find(gordon)).endpoints;
    auto link = co_await connect::dial(Town::credentials(olivier), town.find(gordon), endpoints);
    co_await (*link)->write(encode(Ping{1}));
    std::vector<char> buffer(1'000);
    while (const auto size = co_await (*link)->read(buffer))
      heard.append(buffer.data(), size);
    over = true;
  };
  boost::asio::co_spawn(io, rude(), boost::asio::detached);
  until([&] { return over; });
  EXPECT_NE(heard.find("unexpected"), std::string::npos);
  EXPECT_EQ(listener.sessions, 0);
  end_listener(listener);
}

}  // namespace
}  // namespace pd::session::test
