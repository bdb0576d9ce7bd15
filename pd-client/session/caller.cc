#include "session/caller.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "identity/encoding.h"
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

Caller::Caller(Parts parts, Watcher& watcher) : parts_(std::move(parts)), watcher_(watcher) {}

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
  Wake pause(parts_.executor);
  while (!stopped_) {
    if (auto link = co_await reach()) {
      const Ended ended = co_await talk(std::move(link));
      if (ended.ending == Ending::broken || ended.ending == Ending::refused || ended.ending == Ending::failed) {
        throw_for(ended);
      }
      if (stopped_ || !may_dial_again(ended.ending)) {
        co_return ended;
      }
    }
    co_await pause.wait(std::chrono::steady_clock::now() + next_pause());
  }
  co_return Ended{Ending::left, "stopped", {}};
}

asio::awaitable<std::unique_ptr<connect::Link>> Caller::reach() {
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
    std::function<Whereabouts()> ask = [&people = parts_.people, peer] { return people.endpoints(peer); };
    const Whereabouts where = co_await parts_.workers.run(std::move(ask), directory_time);
    if (!where.dropped.empty()) {
      watcher_.dropped(where.dropped);
    }
    if (where.endpoints.empty()) {
      why = where.dropped.empty() ? "they are not listening now" : where.dropped;
    } else {
      auto link = co_await connect::dial(parts_.self, std::move(peer), where.endpoints, parts_.limits);
      if (link) {
        co_return std::move(*link);
      }
      if (link.error().cause == connect::Cause::wrong_key) {
        throw Failure(Kind::unverified, link.error().message, "do not trust that address; ask them which it should be");
      }
      why = link.error().message;
    }
  } catch (const Failure& failure) {
    if (failure.kind() != Kind::unreachable) {
      throw;
    }
    why = failure.what();
  }
  watcher_.not_reached(why);
  co_return nullptr;
}

asio::awaitable<Ended> Caller::talk(std::unique_ptr<connect::Link> link) {
  channel_ = std::make_shared<Channel>(
      parts_.executor, std::move(link),
      Session::dialling(std::chrono::steady_clock::now(), new_id(), parts_.shared.types()), parts_.shared);
  const Ended ended = co_await channel_->run();
  const bool was_open = channel_->was_open();
  channel_.reset();
  if (was_open) {
    failures_ = 0;
  } else if (may_dial_again(ended.ending)) {
    watcher_.not_reached("they did not answer: " + ended.message);
  }
  co_return ended;
}

std::chrono::milliseconds Caller::next_pause() {
  const auto plain = std::min(longest_pause, parts_.first_retry * (1 << std::min(failures_, 5U)));
  ++failures_;
  const int percent = 75 + identity::random_bytes(1)[0] * 50 / 255;
  return plain * percent / 100;
}

void Caller::pump() {
  if (channel_) {
    channel_->pump();
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
