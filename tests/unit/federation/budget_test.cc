#include "federation/budget.h"

#include <algorithm>
#include <thread>

#include "federation/family.h"
#include "identity/sample.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using testing::FakeDomain;
using testing::Turn;
using testing::World;

constexpr std::size_t kib = 1024;

TEST(Family, IsTheLastTwoLabels) {
  EXPECT_EQ(family_of("a.b.example.net"), "example.net");
  EXPECT_EQ(family_of("example.net"), "example.net");
  EXPECT_EQ(family_of("net"), "net");
  EXPECT_EQ(family_of(""), "");
}

TEST(Budget, OnePayerHasAnEighth) {
  ReadBudget budget(8 * kib);
  EXPECT_TRUE(budget.take("evil.example", kib));
  EXPECT_FALSE(budget.take("evil.example", 1));
  for (int i = 0; i < 7; ++i)
    EXPECT_TRUE(budget.take("d" + std::to_string(i), kib));
  EXPECT_FALSE(budget.take("late.example", 1)) << "all is taken";
  budget.give("evil.example", kib);
  EXPECT_TRUE(budget.take("late.example", kib));
}

TEST(Budget, SmallAnswersAreReadWhateverOthersTook) {
  ReadBudget none(0);
  ReadShare share(none, "example.net");
  EXPECT_NO_THROW(share.grow_to(64 * kib));
  try {
    share.grow_to(64 * kib + 1);
    ADD_FAILURE() << "it had no room";
  } catch (const RemoteError& error) {
    EXPECT_EQ(error.trouble(), Trouble::busy);
  }
}

TEST(Budget, AShareIsGivenBack) {
  ReadBudget budget(8 * kib);
  for (int i = 0; i < 3; ++i) {
    ReadShare share(budget, "example.net");
    share.grow_to(64 * kib + 1);
    share.grow_to(65 * kib);
    EXPECT_FALSE(budget.take("example.net", 1));
  }
}

struct LargeAnswers : World {
  FakeDomain& mesa = neighbour("blackmesa.us");
  FakeDomain& good = neighbour("example.net");

  LargeAnswers() { settings.timeout = std::chrono::seconds(30); }
};

// Answers as long as may be that do not end: two of them are all that one domain may have under way.
TEST_F(LargeAnswers, AreNoOutageWhereThereIsNoRoomForThem) {
  start();
  const auto gordon = mesa.add("gordon");
  mesa.server.set_script([&](Turn& turn) {
    if (turn.asked.target.find("/u") == std::string::npos) return mesa.honest(turn);
    const std::string all_but_one(identity::max_resolution_bytes - 1, ' ');
    turn.raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
             std::to_string(all_but_one.size() + 1) + "\r\n\r\n" + all_but_one);
    gateway.wait();
  });
  std::vector<testing::Pending<testing::Resolved>> large;
  for (int i = 0; i < 5; ++i)
    large.push_back(
        runner.start(federation->resolve(identity::sample::address("u" + std::to_string(i) + "@blackmesa.us"))));
  const auto refused = [&] { return std::count_if(large.begin(), large.end(), [](auto& one) { return one.ready(); }); };
  while (refused() < 3)
    std::this_thread::yield();
  for (auto& one : large) {
    if (!one.ready()) continue;
    try {
      one.get();
      ADD_FAILURE() << "there was room";
    } catch (const RemoteError& error) {
      EXPECT_EQ(error.trouble(), Trouble::busy) << error.what();
    }
  }
  EXPECT_EQ(outcome(gordon), "1") << "three in a row, and yet it is asked";
  EXPECT_EQ(outcome(good.add("alice")), "1");
  gateway.open();
}

}  // namespace
}  // namespace pd::federation
