#pragma once

#include <memory>
#include <utility>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pd::federation {

// The other end of a coroutine that waits: sends it one value, from any thread; the coroutine resumes on its own
// executor. A Reply that is destroyed without sending sends `abandoned`: whoever waits always gets an answer. Moves,
// never copies.
template <class T>
class Reply {
 public:
  template <class Handler>
  Reply(Handler handler, T abandoned) : state_(std::make_unique<State>(std::move(handler), std::move(abandoned))) {}

  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&&) noexcept = default;

  // Once.
  void send(T value) {
    state_->value = std::move(value);
    state_.reset();
  }

 private:
  struct State {
    template <class Handler>
    State(Handler from, T abandoned)
        : work(boost::asio::get_associated_executor(from)), handler(std::move(from)), value(std::move(abandoned)) {}
    ~State() {
      boost::asio::post(work.get_executor(), [call = std::move(handler), result = std::move(value)]() mutable {
        std::move(call)(std::move(result));
      });
    }
    boost::asio::executor_work_guard<boost::asio::any_io_executor> work;
    boost::asio::any_completion_handler<void(T)> handler;
    T value;
  };
  std::unique_ptr<State> state_;
};

// Waits for one value: hands `start` the Reply to send it with. `start` runs before this returns to its executor.
template <class T, class Start>
boost::asio::awaitable<T> await_reply(T abandoned, Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(T)>(
      [](auto handler, T fallback, Start begin) { begin(Reply<T>(std::move(handler), std::move(fallback))); },
      boost::asio::use_awaitable, std::move(abandoned), std::move(start));
}

}  // namespace pd::federation
