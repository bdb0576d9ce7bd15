#include "session/announcer.h"

#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace pd::session {

namespace asio = boost::asio;
using directory::Failure;

Announcer::Announcer(asio::any_io_executor executor, Workers& workers, People& people,
                     std::function<Endpoints()> reachable, Watcher& watcher, AnnouncerTimes times)
    : executor_(executor),
      workers_(workers),
      people_(people),
      reachable_(std::move(reachable)),
      watcher_(watcher),
      times_(times),
      check_(executor) {}

asio::awaitable<void> Announcer::run() {
  try {
    co_await asio::co_spawn(executor_, keep_announcing(),
                            asio::bind_cancellation_slot(give_up_.slot(), asio::use_awaitable));
  } catch (const boost::system::system_error&) {  // cancelled by stop()
    if (!stopped_) {
      throw;
    }
  } catch (const Failure&) {  // of no interest any more
    if (!stopped_) {
      throw;
    }
  }
  patience_.reset();
  co_await withdraw();
}

void Announcer::stop() {
  if (std::exchange(stopped_, true)) {
    return;
  }
  check_.notify();
  // What is being published is waited for, so that it does not arrive after it was withdrawn; but not for long.
  patience_.emplace(executor_, times_.patience, [this] { give_up_.emit(asio::cancellation_type::terminal); });
}

asio::awaitable<void> Announcer::keep_announcing() {
  co_await publish(reachable_(), times_.publish);
  if (!stopped_) {
    watcher_.published(published_);
  }
  while (!stopped_) {
    co_await check_.wait(Wake::Clock::now() + times_.check);
    if (!stopped_) {
      co_await announce_again();
    }
  }
}

asio::awaitable<void> Announcer::announce_again() {
  auto now_reachable = reachable_();
  const bool moved = now_reachable != published_;
  if (!moved && Wake::Clock::now() < published_at_ + times_.refresh) {
    co_return;
  }
  try {
    co_await publish(std::move(now_reachable), times_.publish);
    if (std::exchange(failing_, false) || moved) {
      watcher_.published(published_);
    }
  } catch (const Failure& failure) {
    if (!std::exchange(failing_, true)) {
      watcher_.unpublished(failure.what());
    }
  }
}

asio::awaitable<void> Announcer::publish(Endpoints endpoints, std::chrono::milliseconds time) {
  if (endpoints.empty() && published_.empty()) {
    co_return;
  }
  std::function<bool()> work = [&people = people_, endpoints] {
    people.publish(endpoints);
    return true;
  };
  co_await workers_.run(std::move(work), time);
  published_ = std::move(endpoints);
  published_at_ = Wake::Clock::now();
}

asio::awaitable<void> Announcer::withdraw() {
  Endpoints none;
  try {
    co_await publish(std::move(none), times_.withdraw);
  } catch (const Failure&) {  // it runs out by itself
  }
}

}  // namespace pd::session
