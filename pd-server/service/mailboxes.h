#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "identity/signal.h"
#include "limit/gcra.h"
#include "ops/metrics.h"
#include "service/authentication.h"
#include "service/replays.h"

namespace pd::service {

class Listening;

// The signals of the last minute, for the devices that they are for (SGN-28, EVT-2 … EVT-5). Only in memory, and
// bounded however many arrive: where there is no more room the oldest go. Any thread.
class Mailboxes {
 public:
  struct Bounds {
    std::size_t of_device = 64;
    std::size_t of_sender = 8;  // for one device
    std::size_t bytes = std::size_t{32} << 20;
    std::size_t remembered = 262'144;  // signals, so that none is taken twice; at least 1
    std::chrono::seconds kept{60};     // at most: no longer than it lives
  };

  Mailboxes(Bounds bounds, SteadyClock steady, ops::Metrics& metrics);

  // Takes `signals`, which were verified: all, or none. Whoever listens gets them now, others while they are kept.
  // Throws Refusal: signal_replayed (SGN-15), rate_limited (too many of one sender for a device).
  void take(const std::vector<identity::Signal>& signals);

  // The stream of a device, from after the event `last_id`; it begins with Listening::begin(). The mailboxes outlive
  // it.
  std::unique_ptr<Listening> listen(std::string device, std::string last_id);

  // Drops what has been kept for long enough. Every function does; this is for when none is called.
  void sweep();

  // Signals were refused before they came here: only for the figures.
  void note_refused() { refused_.add(); }

  std::size_t kept() const;
  std::size_t streams() const;

 private:
  friend class Listening;

  struct Letter {
    std::string device;
    std::string sender;
    std::string text;
    std::uint64_t number;  // in its box, from 1
    limit::Nanos until;
    bool delivered = false;
  };
  using Letters = std::list<Letter>;

  // Exists while there is a letter or somebody listens. Its tag makes the ids of another life of it unknown (EVT-3).
  struct Box {
    std::string tag;
    std::uint64_t last = 0;
    std::vector<Letters::iterator> letters;  // the oldest first
    Listening* listening = nullptr;
  };
  using Boxes = std::unordered_map<std::string, Box>;

  // All of these: with mutex_ locked.
  void check_share(const identity::Signal& signal, limit::Nanos now);
  void put(const identity::Signal& signal, limit::Nanos now);
  void drop(Letters::iterator letter);
  void make_room(const std::string& device);
  void expire(limit::Nanos now);
  Box& box_of(const std::string& device);
  void leave_if_empty(const std::string& device);

  const Bounds bounds_;
  const SteadyClock steady_;
  ops::Counter& taken_;
  ops::Counter& expired_;
  ops::Counter& refused_;
  mutable std::mutex mutex_;
  Replays replays_;        // guarded by mutex_, as all below
  Letters letters_;        // the oldest first
  std::size_t bytes_ = 0;  // of their texts
  std::size_t streams_ = 0;
  Boxes boxes_;
};

// One device's stream of events. One thread; ends with its destruction.
class Listening {
 public:
  struct Event {
    bool replaced = false;  // another stream of the device took its place: the last event
    std::string id{};
    std::string signal{};
  };

  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  // From now on it is the device's only stream; the one before gets `replaced`. `wake` is called, on any thread and
  // under a lock, when next() has something again.
  void begin(std::function<void()> wake);

  // The next event, if there is one now.
  std::optional<Event> next();

 private:
  friend class Mailboxes;
  Listening(Mailboxes& mailboxes, std::string device, std::string last_id)
      : mailboxes_(mailboxes), device_(std::move(device)), last_id_(std::move(last_id)) {}

  Mailboxes& mailboxes_;
  const std::string device_;
  std::string last_id_;
  bool begun_ = false;
  // Guarded by the lock of the mailboxes:
  std::function<void()> wake_;
  std::uint64_t seen_ = 0;  // number of the last letter that was handed out
  bool replaced_ = false;
};

}  // namespace pd::service
