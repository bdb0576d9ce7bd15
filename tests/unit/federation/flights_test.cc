#include "federation/flights.h"

#include <gmock/gmock.h>

#include "federation/gate.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using testing::Runner;

// Work that ends when the test says so.
struct Held {
  std::vector<Reply<bool>> waiting;
  int begun = 0;

  awaitable<int> work(int result) {
    ++begun;
    const auto go_on =
        co_await await_reply<bool>(false, [this](Reply<bool> reply) { waiting.push_back(std::move(reply)); });
    if (!go_on) throw RemoteError(Trouble::lying, "it was dropped");
    co_return result;
  }
  void let_go() {
    auto all = std::move(waiting);
    waiting.clear();
    for (auto& one : all)
      one.send(true);
  }
};

// Everything happens on this one thread, step by step.
struct OnOneThread : ::testing::Test {
  boost::asio::io_context context;
  Held held;
  Flights<int> flights{context.get_executor(), 2, 3};
  Gate gate{{.a_domain = 2, .queued = 2, .overall = 3}};
  std::vector<std::string> results;

  void run() {
    context.restart();
    context.poll();
  }
  void join(const std::string& name, int result) {
    boost::asio::co_spawn(context, note(name, result), boost::asio::detached);
    run();
  }
  awaitable<void> note(std::string name, int result) {
    const Flights<int>::Work work = [this, result] { return held.work(result); };
    try {
      results.push_back(std::to_string(co_await flights.join(name, work)));
    } catch (const RemoteError& error) {
      results.push_back(error.what());
    }
  }
  void enter(const std::string& domain, bool known = true) {
    boost::asio::co_spawn(context, stay(domain, known), boost::asio::detached);
    run();
  }
  awaitable<void> stay(std::string domain, bool known) {
    try {
      const auto permit = co_await gate.enter(domain, known);
      results.push_back(domain + " in");
      co_await held.work(0);
    } catch (const RemoteError& error) {
      results.push_back(domain + " out");
    }
  }
};

using ::testing::ElementsAre;

TEST_F(OnOneThread, WorkOfOneKeyIsDoneOnce) {
  join("a", 1);
  join("a", 2);
  join("b", 3);
  EXPECT_EQ(held.begun, 2);
  held.let_go();
  run();
  EXPECT_THAT(results, ElementsAre("1", "1", "3"));
  EXPECT_EQ(flights.size(), 0u);
  join("a", 4);
  EXPECT_EQ(held.begun, 3) << "what is over is begun again";
  held.let_go();
  run();
}

TEST_F(OnOneThread, FailuresReachAllWhoWait) {
  join("a", 1);
  join("a", 2);
  held.waiting.clear();
  run();
  EXPECT_THAT(results, ElementsAre("it was dropped", "it was dropped"));
}

TEST_F(OnOneThread, WorkAndWaitersAreBounded) {
  for (int i = 0; i < 4; ++i)
    join("a", i);
  EXPECT_THAT(results, ElementsAre("too many requests are under way"));
  join("b", 1);
  join("c", 1);
  EXPECT_THAT(results, ElementsAre("too many requests are under way", "too many requests are under way"));
  held.let_go();
  run();
  EXPECT_EQ(results.size(), 6u);
}

TEST_F(OnOneThread, WhoeverWaitsIsToldOfTheEnd) {
  join("a", 1);
  flights.abandon();
  run();
  EXPECT_THAT(results, ElementsAre("this server is shutting down"));
  held.let_go();
  run();
}

TEST_F(OnOneThread, ADomainHasSoManyAtOnceAndAQueue) {
  for (int i = 0; i < 5; ++i)
    enter("a");
  EXPECT_THAT(results, ElementsAre("a in", "a in", "a out"));
  enter("b");
  EXPECT_EQ(results.back(), "b in") << "another domain is not held up";
  enter("c");
  EXPECT_EQ(results.back(), "c out") << "three are inside, and that is all";
  EXPECT_EQ(gate.inside(), 3u);
  held.let_go();
  run();
  EXPECT_THAT(results, ElementsAre("a in", "a in", "a out", "b in", "c out", "a in", "a in"));
  held.let_go();
  run();
  EXPECT_EQ(gate.inside(), 0u);
}

TEST_F(OnOneThread, DomainsThatNobodyKnowsDoNotFillTheGate) {
  enter("unknown", false);
  enter("made-up", false);
  enter("known", true);
  EXPECT_THAT(results, ElementsAre("unknown in", "made-up out", "known in"));
  held.let_go();
  run();
}

TEST_F(OnOneThread, WhoeverQueuesIsToldOfTheEnd) {
  for (int i = 0; i < 3; ++i)
    enter("a");
  gate.abandon();
  run();
  EXPECT_EQ(results.back(), "a out");
  held.let_go();
  run();
}

TEST(AReply, IsSentOnceWhateverHappens) {
  Runner runner;
  const auto asked = [](bool send) -> awaitable<int> {
    return await_reply<int>(-1, [send](Reply<int> reply) {
      if (send) reply.send(7);
    });
  };
  EXPECT_EQ(runner.run(asked(true)), 7);
  EXPECT_EQ(runner.run(asked(false)), -1);
}

}  // namespace
}  // namespace pd::federation
