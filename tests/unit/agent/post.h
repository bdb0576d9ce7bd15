#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/hub.h"
#include "talk.h"

namespace pd::agent::test {

using session::test::Talk;
using session::test::TownPeople;

// Times for tests on loopback.
inline HubTimes quick() {
  HubTimes times;
  times.first_retry = std::chrono::milliseconds(5);
  times.after_failure = std::chrono::hours(1);
  times.idle = std::chrono::milliseconds(50);
  times.turn = std::chrono::milliseconds(50);
  times.settle = std::chrono::milliseconds(50);
  times.impatience = std::chrono::milliseconds(0);
  return times;
}

// Somebody's hub, on a history that may be another's before or after it.
class Post {
 public:
  Post(std::string name, boost::asio::io_context& io, TownPeople& people, session::History& history,
       HubTimes times = quick(), std::vector<session::Feature*> features = {})
      : who(std::move(name)),
        io_(io),
        people_(people),
        workers_(io.get_executor(), 4),
        reach_(workers_, people, pd::test::Town::credentials(who), [](const auto&, const auto&) {}),
        hub(
            {io.get_executor(), workers_, people, reach_, history, [] { return identity::sample::at(10); }, allowance_,
             [](const auto&) { return std::nullopt; }, [](const auto&, const auto&) {}, identity::sample::address(who),
             std::move(features)},
            [this](const Event& event) { events.push_back(event); }, times) {
    boost::asio::co_spawn(io_, hub.run(), boost::asio::detached);
  }

  // Takes calls on a new port of loopback, and says so to everybody.
  void listen() {
    listener_.emplace(io_.get_executor(), *pd::test::Town::credentials(who), "127.0.0.1", 0);
    boost::asio::co_spawn(io_, listener_->run([this](connect::UnverifiedLink link) { hub.answer(std::move(link)); }),
                          boost::asio::detached);
    people_.say(who, listener_->local().port());
  }

  void hang_up() {
    if (listener_) {
      listener_->close();
      people_.say(who, std::nullopt);
    }
    boost::asio::co_spawn(io_, hub.shut_down(), [this](const std::exception_ptr&) { gone = true; });
  }

  // The texts of others that were told, in order.
  std::vector<std::string> heard() const {
    std::vector<std::string> texts;
    for (const auto& event : events)
      if (const auto* stored = std::get_if<Stored>(&event)) texts.push_back(stored->entry.message.text);
    return texts;
  }

  template <class T>
  std::size_t count() const {
    std::size_t found = 0;
    for (const auto& event : events)
      found += std::holds_alternative<T>(event);
    return found;
  }

  const std::string who;
  std::vector<Event> events;
  bool gone = false;

 private:
  boost::asio::io_context& io_;
  TownPeople& people_;
  session::Workers workers_;
  session::PublishedEndpoints reach_;
  session::Allowance allowance_{[](const auto&) { return true; }};
  std::optional<connect::Listener> listener_;

 public:
  Hub hub;
};

}  // namespace pd::agent::test
