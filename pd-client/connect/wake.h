#pragma once

#include <chrono>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pd::connect {

// What one coroutine waits for and another brings about. Remembers a notify() that comes before the wait. One thread,
// and one waiting at a time.
class Wake {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Wake(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  void notify() {
    notified_ = true;
    timer_.cancel();
  }

  // Returns whether it was notified before `until`. Throws operation_aborted when the coroutine was cancelled.
  boost::asio::awaitable<bool> wait(Clock::time_point until = Clock::time_point::max()) {
    if (!notified_) {
      timer_.expires_at(until);
      boost::system::error_code error;
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none) {
        throw boost::system::system_error(boost::asio::error::operation_aborted);
      }
    }
    const bool was = notified_;
    notified_ = false;
    co_return was;
  }

 private:
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

}  // namespace pd::connect
