#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "agent/shared_stream.h"
#include "call/calls.h"
#include "command/context.h"
#include "directory/event_stream.h"
#include "session/wake.h"
#include "session/workers.h"

namespace pd::command {

// This device's stream of events: held by this program, or heard through the one of the same home that holds it
// (CALL-20, CALL-22, CALL-23). One thread.
class HomeStream final : agent::StreamHearer {
 public:
  struct Parts {
    Context& context;
    boost::asio::any_io_executor executor;
    session::Workers& workers;  // one of its threads is the stream's
    std::shared_ptr<const connect::Credentials> self;
    bool needed;  // from the beginning; otherwise from the first opens() on
    std::function<void(const std::string& signal, call::Calls::Interest interest)> on_signal;
    // No signal comes for the moment, because …; told once until that has changed.
    std::function<void(const std::string& why)> on_lost;
    // They come again.
    std::function<void()> on_open;
  };

  // What `parts` refers to outlives it. It outlives its coroutine: ended() before it goes.
  explicit HomeStream(Parts parts);
  ~HomeStream() override;

  // Has the stream from now on. Call it once, before the first opens().
  void start();

  // Whether it is open; waits while it may still open soon.
  boost::asio::awaitable<bool> opens();

  // Why it is not open, as far as is known.
  const std::string& why_lost() const { return why_lost_; }
  // The same once that was told; empty while nothing is wrong.
  std::string problem() const { return failing_ ? why_lost_ : std::string(); }

  // It may be gone: opens it anew, where it is held here (EVT-8).
  void renew();

  // Lets go of it.
  void stop();
  // Returns when it has ended after stop(): at `until` at the latest, even where the server keeps a thread waiting.
  boost::asio::awaitable<void> ended(std::chrono::steady_clock::time_point until);

 private:
  class Reader;
  class Waiting;

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> hold();
  boost::asio::awaitable<void> hear();
  bool take_lock();
  std::filesystem::path calls_socket() const;

  void opened();
  void lost(const std::string& why);
  void take(const std::string& signal);
  void heard_open() override { opened(); }
  void heard_lost(const std::string& why) override { lost(why); }
  void heard_signal(const std::string& signal) override { parts_.on_signal(signal, call::Calls::Interest::own_calls); }
  void tell_waiting();

  Parts parts_;
  std::optional<directory::HomeLock> lock_;  // while the stream is ours
  std::optional<agent::StreamSharer> sharer_;
  std::shared_ptr<Reader> reader_;
  std::shared_ptr<directory::EventStream> events_;  // while the stream is ours
  std::stop_source stop_;
  std::list<session::Wake*> waiting_;  // for it to open
  std::string why_lost_ = "your server does not answer";
  bool open_ = false;
  bool failing_ = false;  // and that was told
  bool over_ = true;      // run() is not under way
  bool stopping_ = false;
  boost::asio::cancellation_signal cancel_run_;
  session::Wake retry_;
  session::Wake ended_;
};

}  // namespace pd::command
