#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "directory/failure.h"
#include "session/wake.h"

namespace pd::session {

// Threads for what blocks (the directory), so that the thread of the io_context never does.
class Workers {
 public:
  Workers(boost::asio::any_io_executor io, std::size_t threads) : io_(std::move(io)), pool_(threads) {}
  // Waits for what is still running. Where that may take too long: leave the process while !idle().
  ~Workers() { pool_.join(); }

  // Runs `work` on one of the threads. Returns what it returns and throws what it throws; throws Failure (unreachable)
  // when it takes longer than `time`, operation_aborted when the coroutine is cancelled: then the work goes on for
  // nobody. Give it a variable: g++ 12 destroys a lambda twice that is written inside a co_await expression.
  template <class T>
  boost::asio::awaitable<T> run(std::function<T()> work, std::chrono::milliseconds time) {
    auto task = std::make_shared<Task<T>>(io_);
    ++running_;
    boost::asio::post(pool_, [this, task, work = std::move(work)]() mutable {
      try {
        task->value.emplace(work());
      } catch (...) {
        task->error = std::current_exception();
      }
      --running_;
      // Handed over, not shared: whichever thread let go last would destroy what the other one is still reading.
      boost::asio::post(io_, [task = std::move(task)] { task->done.notify(); });
    });
    const bool in_time = co_await task->done.wait(std::chrono::steady_clock::now() + time);
    if (!in_time) {
      throw directory::Failure(directory::Kind::unreachable, "the directory took too long");
    }
    if (task->error) {
      std::rethrow_exception(task->error);
    }
    co_return std::move(*task->value);
  }

  bool idle() const { return running_ == 0; }

 private:
  template <class T>
  struct Task {
    explicit Task(const boost::asio::any_io_executor& io) : done(io) {}
    Wake done;
    std::optional<T> value;
    std::exception_ptr error;
  };

  boost::asio::any_io_executor io_;
  std::atomic<std::size_t> running_ = 0;
  boost::asio::thread_pool pool_;
};

}  // namespace pd::session
