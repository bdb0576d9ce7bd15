#include "session/workers.h"

#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace pd::session {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

// Runs `work` from a coroutine and gives what came of it.
template <class T>
std::pair<std::optional<T>, std::exception_ptr> outcome(std::function<T()> work, std::chrono::milliseconds time) {
  asio::io_context io;
  Workers workers(io.get_executor(), 1);
  std::pair<std::optional<T>, std::exception_ptr> result;
  asio::co_spawn(io, workers.run(std::move(work), time), [&](const std::exception_ptr& error, T value) {
    result.second = error;
    if (!error) result.first = std::move(value);
  });
  io.run();
  return result;
}

TEST(Workers, WorkOnAnotherThread) {
  const auto here = std::this_thread::get_id();
  const auto [there, error] = outcome<bool>([here] { return std::this_thread::get_id() != here; }, 60s);
  EXPECT_EQ(there, true);
}

TEST(Workers, PassOnWhatIsThrown) {
  const auto [value, error] =
      outcome<int>([]() -> int { throw directory::Failure(directory::Kind::nobody, "nobody"); }, 60s);
  ASSERT_TRUE(error);
  try {
    std::rethrow_exception(error);
  } catch (const directory::Failure& failure) {
    EXPECT_EQ(failure.kind(), directory::Kind::nobody);
  }
}

TEST(Workers, AreNotWaitedForLongerThanTheirTime) {
  asio::io_context io;
  Workers workers(io.get_executor(), 1);
  std::promise<void> release;
  std::exception_ptr failure;
  std::function<int()> work = [released = release.get_future().share()] {
    released.wait();
    return 1;
  };
  asio::co_spawn(io, workers.run(std::move(work), 1ms), [&](const std::exception_ptr& error, int) { failure = error; });
  io.run();
  EXPECT_TRUE(failure);
  EXPECT_FALSE(workers.idle());
  release.set_value();
}

}  // namespace
}  // namespace pd::session
