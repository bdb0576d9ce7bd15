#include <atomic>
#include <latch>
#include <map>
#include <thread>

#include <boost/asio/detached.hpp>

#include "suite.h"

namespace pd::store::test {
namespace {

class ConcurrencyTest : public StoreSuite {
 protected:
  // Runs `task(i)` for 0 … count-1 as coroutines, half on each of two threads with a context of its own.
  template <class Task>
  void race(int count, Task task) {
    std::latch ready(2);
    const auto half = [&](int first) {
      boost::asio::io_context io;
      for (int i = first; i < count; i += 2)
        boost::asio::co_spawn(io, task(i), [](std::exception_ptr error) {
          if (error) std::rethrow_exception(error);
        });
      ready.arrive_and_wait();
      io.run();
    };
    std::thread other([&] { half(1); });
    half(0);
    other.join();
  }
};
FOR_EVERY_BACKEND(ConcurrencyTest);

TEST_P(ConcurrencyTest, OneOfManyGetsTheName) {
  std::map<AppendOutcome, std::atomic<int>> outcomes;
  for (const auto outcome : {AppendOutcome::done, AppendOutcome::name_taken})
    outcomes[outcome] = 0;
  race(200, [&](int i) -> awaitable<void> {
    const auto outcome = co_await store->append(create("olivier", "claim " + std::to_string(i)));
    ++outcomes.at(outcome);
  });
  EXPECT_EQ(outcomes.at(AppendOutcome::done), 1);
  EXPECT_EQ(outcomes.at(AppendOutcome::name_taken), 199);
  EXPECT_EQ(find(*store, "olivier").record->operations.size(), 1u);
}

TEST_P(ConcurrencyTest, OneOfManyContinuesTheHistory) {
  const Append first = create("olivier");
  append(*store, first);
  std::atomic<int> done = 0;
  race(100, [&](int i) -> awaitable<void> {
    const auto outcome = co_await store->append(next(first, "update " + std::to_string(i)));
    if (outcome == AppendOutcome::done)
      ++done;
    else
      EXPECT_EQ(outcome, AppendOutcome::conflict);
  });
  EXPECT_EQ(done, 1);
  EXPECT_EQ(find(*store, "olivier").record->operations.size(), 2u);
}

TEST_P(ConcurrencyTest, OneUseOfAnInviteAdmitsOne) {
  const auto invite = wait(store->create_invite(3, at(0), at(100), ""));
  std::atomic<int> done = 0;
  race(50, [&](int i) -> awaitable<void> {
    Append with = create("name" + std::to_string(i));
    with.invite = invite.code;
    const AppendOutcome outcome = co_await store->append(with);
    if (outcome == AppendOutcome::done) ++done;
  });
  EXPECT_EQ(done, 3);
}

TEST_P(ConcurrencyTest, AReadAfterAWriteSeesIt) {
  race(200, [&](int i) -> awaitable<void> {
    const std::string local = "name" + std::to_string(i);
    const Append first = create(local);
    co_await store->append(first);
    const Lookup once = co_await store->find(name(local));
    EXPECT_EQ(once.record->head, first.new_head);
    const Append second = next(first, "second of " + local);
    co_await store->append(second);
    const Lookup twice = co_await store->find(name(local));
    EXPECT_EQ(twice.record->head, second.new_head);
    EXPECT_EQ(twice.record->operations.size(), 2u);
  });
}

TEST_P(ConcurrencyTest, AFailureIsItsOwn) {
  std::atomic<int> failed = 0;
  race(60, [&](int i) -> awaitable<void> {
    Append one = create("name" + std::to_string(i));
    if (i % 3 == 0) one.new_head.count = 2;
    try {
      const auto outcome = co_await store->append(one);
      EXPECT_EQ(outcome, AppendOutcome::done);
    } catch (const Failure&) {
      ++failed;
    }
  });
  EXPECT_EQ(failed, 20);
  EXPECT_EQ(wait(store->users("", 100)).size(), 40u);
}

TEST_P(ConcurrencyTest, ACoroutineGoesOnWhereItWas) {
  race(20, [&](int i) -> awaitable<void> {
    const auto before = std::this_thread::get_id();
    co_await store->append(create("name" + std::to_string(i)));
    EXPECT_EQ(std::this_thread::get_id(), before);
    co_await store->find(name("name" + std::to_string(i)));
    EXPECT_EQ(std::this_thread::get_id(), before);
  });
}

TEST_P(ConcurrencyTest, WhatWaitsWhenTheStoreGoesIsFinished) {
  boost::asio::io_context io;
  std::atomic<int> done = 0;
  for (int i = 0; i < 100; ++i) {
    boost::asio::co_spawn(
        io,
        [](Store& to, int n, std::atomic<int>& count) -> awaitable<void> {
          const AppendOutcome outcome = co_await to.append(create("name" + std::to_string(n)));
          if (outcome == AppendOutcome::done) ++count;
        }(*store, i, done),
        boost::asio::detached);
  }
  io.poll();  // each has begun, none has come back
  store.reset();
  io.restart();
  io.run();
  EXPECT_EQ(done, 100);
  store = backend->open();
  EXPECT_EQ(wait(store->users("", 1'000)).size(), 100u);
}

}  // namespace
}  // namespace pd::store::test
