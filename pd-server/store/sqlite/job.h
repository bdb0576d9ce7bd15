#pragma once

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "store/sqlite/connection.h"

namespace pd::store::sqlite {

// One piece of database work and the coroutine that waits for it. run() and fail() are called on a database thread,
// then complete() once: the coroutine goes on on its own executor.
class Job {
 public:
  virtual ~Job() = default;
  virtual void run(Connection& db) = 0;           // throws what the work throws
  virtual void fail(std::exception_ptr why) = 0;  // whatever run() found does not count
  virtual void complete() = 0;
};

template <class Work, class Handler>
class WorkJob final : public Job {
  using Value = std::invoke_result_t<Work&, Connection&>;
  // A function without a result still needs something to keep.
  using Kept = std::conditional_t<std::is_void_v<Value>, std::monostate, Value>;

 public:
  WorkJob(Work work, Handler handler)
      : work_(std::move(work)), handler_(std::move(handler)), alive_(boost::asio::get_associated_executor(handler_)) {}

  void run(Connection& db) override {
    if constexpr (std::is_void_v<Value>)
      work_(db);
    else
      value_ = work_(db);
  }

  void fail(std::exception_ptr why) override { error_ = std::move(why); }

  void complete() override {
    const auto executor = alive_.get_executor();
    boost::asio::post(executor,
                      [handler = std::move(handler_), error = std::move(error_), value = std::move(value_)]() mutable {
                        if constexpr (std::is_void_v<Value>)
                          std::move(handler)(error);
                        else
                          std::move(handler)(error, std::move(value));
                      });
    // Not before post() has returned: the context may be destroyed as soon as its run() ends.
    alive_.reset();
  }

 private:
  Work work_;
  Handler handler_;
  // Keeps the waiting coroutine's io_context running while nothing but this job knows of it.
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> alive_;
  std::exception_ptr error_;
  Kept value_{};
};

template <class Value>
struct CompletionSignature {
  using type = void(std::exception_ptr, Value);
};
template <>
struct CompletionSignature<void> {
  using type = void(std::exception_ptr);
};

// Hands `work(Connection&)` to `queue` (a Writer or Readers) and waits for what it returns or throws.
template <class Queue, class Work>
boost::asio::awaitable<std::invoke_result_t<Work&, Connection&>> submit(Queue& queue, Work work) {
  using Value = std::invoke_result_t<Work&, Connection&>;
  using Signature = typename CompletionSignature<Value>::type;
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, Signature>(
      [](auto handler, Queue* to, Work what) {
        using Handler = decltype(handler);
        to->add(std::make_unique<WorkJob<Work, Handler>>(std::move(what), std::move(handler)));
      },
      boost::asio::use_awaitable, &queue, std::move(work));
}

}  // namespace pd::store::sqlite
