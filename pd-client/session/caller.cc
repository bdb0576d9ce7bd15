#include "session/caller.h"

#include <chrono>
#include <functional>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "session/text.h"

namespace pd::session {

namespace asio = boost::asio;
using directory::Failure;
using directory::Kind;

namespace {

constexpr std::chrono::milliseconds longest_pause{30'000};
constexpr std::chrono::milliseconds directory_time{60'000};

[[noreturn]] void throw_for(const Ended& ended) {
  const std::string who =
      ended.ending == Ending::refused ? "the other side ended the session: " : "the session failed: ";
  throw Failure(Kind::failed, who + one_safe_line(ended.message) + (ended.rule.empty() ? "" : " (" + ended.rule + ")"));
}

}  // namespace

Caller::Caller(Parts parts, Watcher& watcher)
    : parts_(std::move(parts)),
      watcher_(watcher),
      pause_(parts_.executor),
      backoff_(parts_.first_retry, longest_pause) {}

asio::awaitable<Ended> Caller::run() {
  // A coroutine of its own, so that stop() can cancel all that it waits for.
  try {
    co_return co_await asio::co_spawn(parts_.executor, call_until_over(),
                                      asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable));
  } catch (const boost::system::system_error&) {
    if (!stopped_) {
      throw;
    }
  }
  co_return Ended{Ending::left, "stopped", {}};
}

asio::awaitable<Ended> Caller::call_until_over() {
  while (!stopped_) {
    if (auto reached = co_await reach()) {
      const Ended ended = co_await talk(std::move(*reached));
      if (ended.ending == Ending::broken || ended.ending == Ending::refused || ended.ending == Ending::failed) {
        throw_for(ended);
      }
      if (stopped_ || !may_dial_again(ended.ending)) {
        co_return ended;
      }
    }
    waits_ = true;
    co_await pause_.wait(std::chrono::steady_clock::now() + backoff_.next());
    waits_ = false;
  }
  co_return Ended{Ending::left, "stopped", {}};
}

asio::awaitable<std::optional<Reached>> Caller::reach() {
  std::string why;
  try {
    // What a worker runs may outlive this object, when an exception unwinds past it.
    std::function<directory::VerifiedPeer()> find = [&people = parts_.people, callee = parts_.callee] {
      return people.find(callee);
    };
    auto peer = co_await parts_.workers.run(std::move(find), directory_time);
    if (!std::exchange(found_, true)) {
      watcher_.found(peer);
    }
    auto reached = co_await parts_.reach.link_to(std::move(peer));
    if (reached) {
      co_return std::optional<Reached>(*std::move(reached));
    }
    if (reached.error().cause == connect::Cause::wrong_key) {
      throw Failure(Kind::unverified, reached.error().text(), "do not trust that address; ask them which it should be");
    }
    why = reached.error().text();
  } catch (const Failure& failure) {
    if (failure.kind() != Kind::unreachable) {
      throw;
    }
    why = failure.what();
  }
  watcher_.not_reached(why);
  co_return std::nullopt;
}

asio::awaitable<Ended> Caller::talk(Reached reached) {
  const auto now = std::chrono::steady_clock::now();
  auto types = parts_.shared.types();
  auto session = reached.way == Way::their_call ? Session::answering(now, std::move(types))
                                                : Session::dialling(now, new_id(), std::move(types));
  channel_ = std::make_shared<Channel>(parts_.executor, std::move(reached.link), std::move(session), parts_.shared);
  const Ended ended = co_await channel_->run();
  const bool was_open = channel_->was_open();
  channel_.reset();
  if (was_open) {
    backoff_.reset();
  } else if (may_dial_again(ended.ending)) {
    watcher_.not_reached("they did not answer: " + ended.message);
  }
  co_return ended;
}

void Caller::pump() {
  if (channel_) {
    channel_->pump();
  }
}

void Caller::probe() {
  if (channel_) {
    channel_->probe();
  } else if (waits_) {
    hurry();
  }
}

void Caller::stop(Farewell farewell) {
  stopped_ = true;
  if (channel_) {
    channel_->leave(farewell);
  } else {
    cancel_.emit(asio::cancellation_type::terminal);
  }
}

}  // namespace pd::session
