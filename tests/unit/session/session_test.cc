#include "session/session.h"

#include <gtest/gtest.h>

#include "message.h"

namespace pd::session {
namespace {

using namespace std::chrono_literals;
using test::message;

const Instant start{};

std::vector<Event> events_of(Session& session) {
  std::vector<Event> events;
  while (auto event = session.next()) {
    events.push_back(std::move(*event));
  }
  return events;
}

// The last event of that sort, which must be there.
template <class T>
T last(Session& session) {
  T found{};
  bool there = false;
  for (const auto& event : events_of(session)) {
    if (const auto* wanted = std::get_if<T>(&event)) {
      found = *wanted;
      there = true;
    }
  }
  EXPECT_TRUE(there);
  return found;
}

// Two sides that have said hello.
struct Pair {
  Session dialler = Session::dialling(start);
  Session answerer = Session::answering(start);

  Pair() {
    exchange();
    EXPECT_TRUE(dialler.open());
    EXPECT_TRUE(answerer.open());
    events_of(dialler);
    events_of(answerer);
  }

  // Carries bytes to and fro until there are none.
  void exchange(Instant now = start) {
    for (;;) {
      const auto there = dialler.take_output();
      const auto back = answerer.take_output();
      if (there.empty() && back.empty()) return;
      answerer.feed(there, now);
      dialler.feed(back, now);
    }
  }
};

TEST(Session, NothingIsSentBeforeTheOtherHello) {
  auto dialler = Session::dialling(start);
  EXPECT_EQ(dialler.room(), 0U);
  EXPECT_FALSE(dialler.open());
  EXPECT_EQ(Session::answering(start).take_output(), "");
}

TEST(Session, DeliversAndAcknowledges) {
  Pair pair;
  const auto sent = message("Hello");
  pair.dialler.send(sent, start);
  EXPECT_EQ(pair.dialler.room(), window - 1);
  pair.exchange();
  EXPECT_EQ(last<Received>(pair.answerer).message, sent);
  EXPECT_TRUE(events_of(pair.dialler).empty());  // not before it is stored
  const std::vector<std::string> ids{sent.id};
  pair.answerer.acknowledge(ids);
  pair.exchange();
  EXPECT_EQ(last<Acknowledged>(pair.dialler).ids, ids);
  EXPECT_EQ(pair.dialler.room(), window);
}

TEST(Session, AnAcknowledgementCountsOnce) {
  Pair pair;
  const auto sent = message("Hello");
  pair.dialler.send(sent, start);
  pair.dialler.feed(encode(Ack{{sent.id, sent.id}}), start);
  EXPECT_EQ(last<Acknowledged>(pair.dialler).ids.size(), 1U);
  pair.dialler.feed(encode(Ack{{sent.id}}), start);
  EXPECT_TRUE(events_of(pair.dialler).empty());
}

TEST(Session, TheWindowIsHeldBothWays) {
  Pair pair;
  std::vector<std::string> ids;
  while (pair.dialler.room() > 0) {
    const auto next = message("x");
    ids.push_back(next.id);
    pair.dialler.send(next, start);
  }
  EXPECT_EQ(ids.size(), window);
  pair.exchange();
  EXPECT_TRUE(pair.answerer.open());
  pair.answerer.acknowledge(ids);
  pair.exchange();
  EXPECT_EQ(pair.dialler.room(), window);
}

TEST(Session, APeerThatIgnoresTheWindowIsTold) {
  Pair pair;
  for (std::size_t i = 0; i <= window; ++i) {
    pair.answerer.feed(encode(message("x")), start);
  }
  const auto ended = last<Ended>(pair.answerer);
  EXPECT_EQ(ended.ending, Ending::broken);
  EXPECT_EQ(ended.rule, "SESS-15");
  pair.dialler.feed(pair.answerer.take_output(), start);
  EXPECT_EQ(last<Ended>(pair.dialler).ending, Ending::refused);
}

TEST(Session, PingsWhenNothingIsHeard) {
  Pair pair;
  EXPECT_EQ(pair.dialler.next_tick(), start + ping_after);
  pair.dialler.tick(start + ping_after - 1ms);
  EXPECT_EQ(pair.dialler.take_output(), "");
  pair.dialler.tick(start + ping_after);
  EXPECT_NE(pair.dialler.output_size(), 0U);
  pair.dialler.tick(start + ping_after + 1s);  // once is enough
  pair.exchange(start + ping_after + 2s);
  EXPECT_EQ(pair.dialler.next_tick(), start + ping_after + 2s + ping_after);
}

TEST(Session, GivesUpOnSilence) {
  Pair pair;
  pair.dialler.tick(start + ping_after);
  pair.dialler.take_output();
  EXPECT_EQ(pair.dialler.next_tick(), start + silent_after);
  pair.dialler.tick(start + silent_after);
  EXPECT_EQ(last<Ended>(pair.dialler).ending, Ending::silent);
  EXPECT_TRUE(may_dial_again(Ending::silent));
}

// SESS-20: with something to lose, a side does not wait as long.
TEST(Session, GivesUpSoonerWhileAMessageWaits) {
  Pair pair;
  const auto sent = start + 1min;
  pair.dialler.feed(encode(Pong{0}), sent - 1s);
  pair.dialler.send(message("are you there?"), sent);
  pair.dialler.take_output();
  EXPECT_EQ(pair.dialler.next_tick(), sent + waiting_ping_after);
  pair.dialler.tick(sent + waiting_ping_after);
  EXPECT_NE(pair.dialler.output_size(), 0U);
  EXPECT_EQ(pair.dialler.next_tick(), sent + waiting_silent_after);
  pair.dialler.tick(sent + waiting_silent_after - 1ms);
  EXPECT_TRUE(pair.dialler.open());
  pair.dialler.tick(sent + waiting_silent_after);
  EXPECT_EQ(last<Ended>(pair.dialler).ending, Ending::silent);
}

TEST(Session, WaitsForTheWholeTimeAfterEachSignOfLife) {
  Pair pair;
  pair.dialler.send(message("are you there?"), start);
  pair.dialler.tick(start + waiting_ping_after);
  pair.dialler.feed(encode(Pong{1}), start + waiting_silent_after - 1s);
  EXPECT_EQ(pair.dialler.next_tick(), start + waiting_silent_after - 1s + waiting_ping_after);
  pair.dialler.tick(start + waiting_silent_after);
  EXPECT_TRUE(pair.dialler.open());
}

TEST(Session, IsPatientAgainWhenNothingWaits) {
  Pair pair;
  const auto sent = message("Hello");
  pair.dialler.send(sent, start);
  pair.dialler.feed(encode(Ack{{sent.id}}), start);
  EXPECT_EQ(pair.dialler.next_tick(), start + ping_after);
  pair.dialler.tick(start + silent_after - 1ms);
  EXPECT_TRUE(pair.dialler.open());
}

TEST(Session, IsPatientWhereAFileMayStandBeforeTheMessage) {
  Pair pair;
  pair.dialler.send_encoded("", start + 1s);
  pair.dialler.send(message("are you there?"), start + 2s);
  pair.dialler.tick(start + silent_after - 1ms);
  EXPECT_TRUE(pair.dialler.open());
  pair.dialler.tick(start + silent_after);
  EXPECT_TRUE(pair.dialler.ended()) << "no longer than for any other";
}

// SESS-25.
TEST(Session, AsksAtOnceWhenTheLinkIsDoubtedAndGivesUpSoon) {
  Pair pair;
  const auto doubted = start + 5s;
  pair.dialler.probe(doubted);
  pair.dialler.probe(doubted + 1s);  // once is enough
  EXPECT_EQ(pair.dialler.take_output(), encode(Ping{1}));
  EXPECT_EQ(pair.dialler.next_tick(), doubted + probe_time);
  pair.dialler.tick(doubted + probe_time - 1ms);
  EXPECT_TRUE(pair.dialler.open());
  pair.dialler.tick(doubted + probe_time);
  EXPECT_EQ(last<Ended>(pair.dialler).ending, Ending::silent);
}

TEST(Session, ALinkThatAnswersIsNotDoubtedAnyLonger) {
  Pair pair;
  pair.dialler.probe(start);
  pair.exchange(start + 1s);
  EXPECT_EQ(pair.dialler.next_tick(), start + 1s + ping_after);
  pair.dialler.tick(start + probe_time);
  EXPECT_TRUE(pair.dialler.open());
}

TEST(Session, GivesUpOnAHelloThatDoesNotCome) {
  auto answerer = Session::answering(start);
  answerer.tick(start + hello_time - 1ms);
  EXPECT_FALSE(answerer.ended());
  answerer.tick(start + hello_time);
  EXPECT_TRUE(answerer.ended());
}

TEST(Session, ByeEndsBothSides) {
  Pair pair;
  const auto on_its_way = message("one");
  pair.answerer.send(on_its_way, start);
  pair.dialler.leave(Farewell::done);
  pair.exchange();
  EXPECT_EQ(last<Ended>(pair.answerer).ending, Ending::done);
  EXPECT_TRUE(events_of(pair.dialler).empty());  // after our bye there is no acknowledging, so it must come again
  pair.dialler.link_ended("");
  EXPECT_EQ(last<Ended>(pair.dialler).ending, Ending::left);
  EXPECT_FALSE(may_dial_again(Ending::done));
}

TEST(Session, WhatIsStoredIsAcknowledgedEvenAfterTheirBye) {
  Pair pair;
  const auto sent = message("the last thing I say");
  pair.dialler.send(sent, start);
  pair.dialler.leave(Farewell::done);
  pair.exchange();
  events_of(pair.answerer);
  EXPECT_TRUE(pair.answerer.ended());
  const std::vector<std::string> ids{sent.id};
  pair.answerer.acknowledge(ids);
  pair.dialler.feed(pair.answerer.take_output(), start);
  EXPECT_EQ(last<Acknowledged>(pair.dialler).ids, ids);
}

TEST(Session, NothingFollowsAnError) {
  Pair pair;
  pair.answerer.give_up("no disk");
  EXPECT_EQ(last<Ended>(pair.answerer).ending, Ending::failed);
  pair.answerer.take_output();
  const std::vector<std::string> ids{new_id()};
  pair.answerer.acknowledge(ids);
  pair.answerer.leave(Farewell::done);
  pair.answerer.feed(encode(Ping{1}), start);
  EXPECT_EQ(pair.answerer.take_output(), "");
}

TEST(Session, ALostLinkMayBeDialledAgain) {
  Pair pair;
  pair.dialler.link_ended("reset");
  EXPECT_EQ(last<Ended>(pair.dialler).ending, Ending::lost);
  EXPECT_TRUE(may_dial_again(Ending::lost));
  EXPECT_TRUE(may_dial_again(Ending::shutdown));
  for (const auto final :
       {Ending::done, Ending::replaced, Ending::left, Ending::broken, Ending::refused, Ending::failed}) {
    EXPECT_FALSE(may_dial_again(final));
  }
}

TEST(Session, SlowsDownWhoSendsTooMuch) {
  Pair pair;
  std::string flood;
  const int burst = static_cast<int>(frame_burst / time_per_frame);
  for (int i = 0; i < 2 * burst; ++i) {
    flood += encode(Skipped{200}).empty() ? std::string("\0\0\0\0\xc8", 5) : "";
  }
  pair.answerer.feed(flood, start);
  const auto pause = pair.answerer.pause(start, Sender::stranger);
  EXPECT_GT(pause, frame_burst * 9 / 10);
  EXPECT_LE(pause, frame_burst + 1s);
  EXPECT_EQ(pair.answerer.pause(start + pause, Sender::stranger), 0ms);
  EXPECT_TRUE(pair.answerer.open());
}

TEST(Session, SlowsDownWhoSendsManyMessages) {
  Pair pair;
  const int burst = static_cast<int>(message_burst / time_per_message);
  for (int i = 0; i < burst + 20; ++i) {
    EXPECT_EQ(pair.answerer.pause(start, Sender::stranger), std::max(0ms, (i - burst) * time_per_message));
    const Message message{new_id(), identity::Time{}, "again"};
    pair.answerer.feed(encode(message), start);
    pair.answerer.acknowledge(std::vector{message.id});
  }
  EXPECT_EQ(pair.answerer.pause(start + 2s, Sender::stranger), 0ms);
  EXPECT_TRUE(pair.answerer.open());
}

// SESS-18: thirty a second for a minute, and more.
TEST(Session, ContactsMayWriteAsFastAsTheyLike) {
  Pair pair;
  for (int i = 0; i < 3'000; ++i) {
    const auto now = start + i * 20ms;
    const Message message{new_id(), identity::Time{}, "again"};
    pair.answerer.feed(encode(message), now);
    pair.answerer.acknowledge(std::vector{message.id});
    ASSERT_EQ(pair.answerer.pause(now, Sender::contact), 0ms);
  }
  const auto later = start + 3'000 * 20ms;
  EXPECT_GT(pair.answerer.pause(later, Sender::stranger), 0ms);
  EXPECT_LE(pair.answerer.pause(later, Sender::stranger), (window + 1) * time_per_message)
      << "what they wrote as a contact is not held against them for long";
}

// SESS-18: a feature bounds its bulk, and nothing else.
TEST(Session, SlowsDownWhoSendsLargeFramesThatAreNoBulk) {
  constexpr FeatureTypes feature{"large", 16, 17, 17};
  auto dialler = Session::dialling(start, new_id(), {feature});
  auto answerer = Session::answering(start, {feature});
  answerer.feed(dialler.take_output(), start);
  const auto feed = [&](std::uint8_t type, std::size_t size, int frames) {
    for (int i = 0; i < frames; ++i) {
      answerer.feed(encode(FeatureFrame{type, std::string(size, 'x')}), start);
    }
    return answerer.pause(start, Sender::contact);
  };
  EXPECT_EQ(feed(17, max_payload_bytes, 3'000), 0ms);
  EXPECT_EQ(feed(16, max_payload_bytes, 240), 0ms);
  EXPECT_GT(feed(16, max_payload_bytes, 20), 0ms);
  const auto before = answerer.pause(start, Sender::contact);
  EXPECT_EQ(feed(17, large_payload - 1, 100), before + 100 * time_per_feature_frame) << "small bulk is as any other";
  EXPECT_TRUE(answerer.open());
}

TEST(Session, DoesNotSlowDownAConversation) {
  Pair pair;
  for (int i = 0; i < 10'000; ++i) {
    const auto now = start + i * time_per_frame;
    pair.answerer.feed(encode(Ping{1}), now);
    ASSERT_EQ(pair.answerer.pause(now, Sender::stranger), 0ms);
  }
}

}  // namespace
}  // namespace pd::session
