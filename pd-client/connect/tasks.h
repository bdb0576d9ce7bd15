#pragma once

#include <exception>
#include <list>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include "connect/wake.h"

namespace pd::connect {

// Coroutines that run side by side and end together: those that still run when this is destroyed are cancelled
// (terminal), and end by themselves soon after. What they use must therefore be theirs. One thread.
class Tasks {
 public:
  explicit Tasks(const boost::asio::any_io_executor& executor) : state_(std::make_shared<State>(executor)) {}
  ~Tasks() { cancel(); }
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  // A system_error ends the task alone; another exception leaves io_context::run().
  void spawn(boost::asio::awaitable<void> task) {
    state_->tasks.remove_if([](const Task& each) { return each.ended; });
    Task& place = state_->tasks.emplace_back();
    ++state_->running;
    boost::asio::co_spawn(state_->executor, std::move(task),
                          boost::asio::bind_cancellation_slot(
                              place.signal.slot(), [state = state_, &place](const std::exception_ptr& error) {
                                place.ended = true;
                                --state->running;
                                state->changed.notify();
                                rethrow_unless_system_error(error);
                              }));
  }

  std::size_t running() const { return state_->running; }

  // Notified when a task has ended, and by whoever else has something to tell to who waits for it.
  Wake& changed() { return state_->changed; }

  void cancel() {
    for (auto& task : state_->tasks) {
      if (!task.ended) {
        task.signal.emit(boost::asio::cancellation_type::terminal);
      }
    }
  }

 private:
  struct Task {
    boost::asio::cancellation_signal signal;
    bool ended = false;
  };
  struct State {
    explicit State(const boost::asio::any_io_executor& io) : executor(io), changed(io) {}
    boost::asio::any_io_executor executor;
    std::list<Task> tasks;
    std::size_t running = 0;
    Wake changed;
  };

  static void rethrow_unless_system_error(const std::exception_ptr& error) {
    try {
      if (error) {
        std::rethrow_exception(error);
      }
    } catch (const boost::system::system_error&) {  // cancelled, as a rule
    }
  }

  std::shared_ptr<State> state_;
};

}  // namespace pd::connect
