#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "connect/deadline.h"
#include "identity/endpoint.h"
#include "session/people.h"
#include "session/wake.h"
#include "session/workers.h"

namespace pd::session {

struct AnnouncerTimes {
  std::chrono::milliseconds refresh{10 * 60 * 1'000};  // a third of endpoint_life
  std::chrono::milliseconds check{30'000};             // are there other addresses? And what failed is tried again
  std::chrono::milliseconds publish{60'000};           // how long that may take
  std::chrono::milliseconds withdraw{2'000};           // and that, when somebody waits for the end
  std::chrono::milliseconds patience{500};             // with what is being published when the end comes
};

// Keeps the directory told where a listener can be reached: at once, before what was said runs out, and when the
// machine has other addresses; and that it cannot any more, at the end. One thread.
class Announcer {
 public:
  using Endpoints = std::vector<identity::TcpEndpoint>;

  // Told how it goes.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // These are published now; other ones than before, or again after unpublished(). None: there is no address to
    // publish.
    virtual void published(const Endpoints& endpoints) = 0;
    virtual void unpublished(const std::string& why) = 0;
  };

  Announcer(boost::asio::any_io_executor executor, Workers& workers, People& people,
            std::function<Endpoints()> reachable, Watcher& watcher, AnnouncerTimes times = {});

  // Announces until stop(), then withdraws. Throws directory::Failure when the first announcement fails. Call it once.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  boost::asio::awaitable<void> keep_announcing();
  boost::asio::awaitable<void> announce_again();
  boost::asio::awaitable<void> publish(Endpoints endpoints, std::chrono::milliseconds time);
  boost::asio::awaitable<void> withdraw();

  boost::asio::any_io_executor executor_;
  Workers& workers_;
  People& people_;
  std::function<Endpoints()> reachable_;
  Watcher& watcher_;
  AnnouncerTimes times_;
  Wake check_;  // now
  boost::asio::cancellation_signal give_up_;
  std::optional<connect::Deadline> patience_;
  bool stopped_ = false;
  bool failing_ = false;  // the last attempt failed, and that was said
  Endpoints published_;
  Wake::Clock::time_point published_at_;
};

}  // namespace pd::session
