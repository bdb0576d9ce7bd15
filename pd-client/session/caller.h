#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "directory/backoff.h"
#include "session/channel.h"
#include "session/people.h"
#include "session/reach.h"
#include "session/workers.h"

namespace pd::session {

// Calls one person, and again when the link is lost, until somebody has had enough. One thread.
class Caller {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    Workers& workers;
    People& people;
    Channel::Shared shared;
    Reach& reach;
    identity::Address callee;
    std::chrono::milliseconds first_retry{1'000};  // doubled each time, up to 30 s (SESS-23)
  };

  // Told how it goes, apart from what the channel's Observer is told.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // The directory has said who the callee is; once.
    virtual void found(const directory::VerifiedPeer& peer) = 0;
    // There is no link now, and it will be tried again.
    virtual void not_reached(const std::string& why) = 0;
  };

  Caller(Parts parts, Watcher& watcher);

  // Returns when a session has ended for good, or after stop(). Throws directory::Failure when there is no use in
  // trying again: nobody, unverified (a wrong key too), refused, failed. Call it once.
  boost::asio::awaitable<Ended> run();

  // There is something new in the history for the callee.
  void pump();
  bool connected() const { return channel_ && channel_->open(); }
  // Something has changed that may help: what waits for its next attempt does not wait any longer.
  void hurry() { pause_.notify(); }
  // Waits for its next attempt.
  bool waits() const { return waits_; }
  // The link may be gone (SESS-25): asks, if there is one; if there is none, and it waits, hurries.
  void probe();
  // Says bye if there is a session, and makes run() return soon.
  void stop(Farewell farewell);

 private:
  boost::asio::awaitable<Ended> call_until_over();
  boost::asio::awaitable<std::optional<Reached>> reach();
  boost::asio::awaitable<Ended> talk(Reached reached);

  Parts parts_;
  Watcher& watcher_;
  std::shared_ptr<Channel> channel_;
  boost::asio::cancellation_signal cancel_;
  bool found_ = false;
  bool stopped_ = false;
  bool waits_ = false;
  Wake pause_;
  directory::Backoff backoff_;  // since there was a session
};

}  // namespace pd::session
