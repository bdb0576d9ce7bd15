#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>

#include "directory/event_parser.h"
#include "directory/transport.h"

namespace pd::directory {

struct EventStreamTimes {
  std::chrono::milliseconds silence{25'000};  // EVT-4: then the stream is lost
  std::chrono::milliseconds first_pause{1'000};
  std::chrono::milliseconds longest_pause{30'000};
  std::chrono::milliseconds steady{10'000};  // a stream that held so long has worked
};

// Holds a device's stream of server-sent events open: reads it, and opens it again when it is lost, where it broke off
// (Last-Event-ID).
class EventStream {
 public:
  // Told on the thread of run().
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void opened() = 0;  // the server has sent the first byte
    virtual void event(const ServerEvent& event) = 0;
    // It is lost, or could not be opened, and will be tried again.
    virtual void lost(const std::string& why) = 0;
  };
  // Opens the stream once and reads it until it ends: Client::events(). Throws Failure.
  using Open = std::function<void(const std::string& last_id, const Streaming& streaming)>;

  // `last_id`: of the last event that was got before, perhaps by another process.
  explicit EventStream(Open open, EventStreamTimes times = {}, std::string last_id = {});

  // What made run() return.
  enum class End {
    stopped,
    replaced,  // another process of this device has opened a stream: it has the events now
  };
  // Blocks until `stop` is requested, or the stream is replaced. Call it once. Every other end is told to `watcher`,
  // and followed by another attempt.
  End run(Watcher& watcher, std::stop_token stop);

  // The stream may be dead: opens another at once, in place of what is open or of the next attempt (EVT-8). Any thread.
  void renew();

 private:
  std::string read(Watcher& watcher, const std::stop_token& stop);
  bool take(std::string_view bytes, Watcher& watcher);
  bool renewed();
  std::stop_source begin_attempt();
  void pause_for(std::chrono::milliseconds time, const std::stop_token& stop);

  Open open_;
  EventStreamTimes times_;
  EventParser parser_;
  std::string last_id_;
  bool opened_ = false;  // this time
  bool replaced_ = false;

  std::mutex mutex_;
  std::condition_variable_any renewal_;
  std::stop_source attempt_;  // guarded by mutex_; of the one that is under way
  bool renewed_ = false;      // guarded by mutex_; since the attempt began
};

}  // namespace pd::directory
