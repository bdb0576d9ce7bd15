#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace pd::connect {

// Does something (closes a socket) unless it is destroyed within a time. Used on one thread.
class Deadline {
 public:
  Deadline(const boost::asio::any_io_executor& executor, std::chrono::milliseconds after, std::function<void()> action)
      : timer_(executor, after), state_(std::make_shared<State>(State::armed)) {
    timer_.async_wait([state = state_, action = std::move(action)](const boost::system::error_code& error) {
      if (!error && *state == State::armed) {
        *state = State::passed;
        action();
      }
    });
  }
  ~Deadline() {
    if (*state_ == State::armed) {
      *state_ = State::disarmed;  // its handler may be queued already
    }
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const { return *state_ == State::passed; }

 private:
  enum class State { armed, disarmed, passed };
  boost::asio::steady_timer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace pd::connect
