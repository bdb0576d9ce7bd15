// How much is kept of whom (SESS-18).
#include "session/allowance.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "client/town.h"
#include "identity/sample.h"
#include "talk.h"

namespace pd::session::test {
namespace {

constexpr std::size_t long_text = 4'000;

class AllowanceTest : public testing::Test {
 protected:
  AllowanceTest() {
    for (const auto* who : {"olivier@example.org", "eve@example.net", "alice@example.com"})
      town.settle(who);
  }

  // Sends messages of that size until no more is kept; how many were.
  int flood(const std::string& who, identity::Time now) {
    const auto peer = town.find(who);
    const std::vector<Message> one{{new_id(), now, std::string(long_text, 'x')}};
    for (int kept = 0;; ++kept) {
      if (kept == 1'000 || !allowance.permits(peer, one, now)) return kept;
      allowance.count(peer, one);
    }
  }

  pd::test::Town town;
  std::set<std::string> contacts;
  Allowance allowance{[this](const directory::VerifiedPeer& peer) { return contacts.contains(peer.address().text()); },
                      {10 * (long_text + 512), 15 * (long_text + 512)}};
};

TEST_F(AllowanceTest, AStrangerHasABoundAndAllOfThemTogetherHaveOne) {
  EXPECT_EQ(flood("eve@example.net", identity::sample::at(10)), 10);
  EXPECT_EQ(flood("alice@example.com", identity::sample::at(10)), 5);
}

TEST_F(AllowanceTest, AContactHasNone) {
  flood("eve@example.net", identity::sample::at(10));
  contacts.insert("olivier@example.org");
  EXPECT_EQ(flood("olivier@example.org", identity::sample::at(10)), 1'000);
  EXPECT_EQ(flood("alice@example.com", identity::sample::at(10)), 5) << "theirs is not counted";
}

TEST_F(AllowanceTest, ADayLaterThereIsAllOfItAgain) {
  const auto now = identity::sample::at(10);
  flood("eve@example.net", now);
  EXPECT_EQ(flood("eve@example.net", now + identity::Seconds(24 * 3600 - 1)), 0);
  EXPECT_EQ(flood("eve@example.net", now + identity::Seconds(24 * 3600)), 10);
}

TEST_F(AllowanceTest, ManyShortMessagesAreCountedToo) {
  const auto eve = town.find("eve@example.net");
  const auto now = identity::sample::at(10);
  const std::vector<Message> many(100, Message{new_id(), now, "x"});
  EXPECT_FALSE(allowance.permits(eve, many, now));
}

TEST_F(Talk, AFloodOfAStrangerEndsTheSessionAndIsNotKept) {
  Person listener(gordon, io, people);
  Person caller(eve, io, people);
  Allowance allowance([](const auto&) { return false; }, {1'024, 1'024});
  listener.allowance = &allowance;
  people.say(gordon, listener.listen());
  caller.call(gordon);
  caller.write(gordon, {"one"});
  until([&] { return caller.all_delivered(gordon); });
  caller.write(gordon, {"two"});
  until([&] { return caller.over && listener.endings.size() == 1; });
  ASSERT_TRUE(caller.failure);
  try {
    std::rethrow_exception(caller.failure);
  } catch (const directory::Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("too much in one day"), std::string::npos) << failure.what();
  }
  EXPECT_EQ(listener.endings, std::vector{Ending::failed});
  EXPECT_EQ(listener.heard_of(eve), std::vector<std::string>{"one"});
  EXPECT_FALSE(caller.all_delivered(gordon));
  end_listener(listener);
}

}  // namespace
}  // namespace pd::session::test
