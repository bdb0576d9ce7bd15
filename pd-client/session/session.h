#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "session/feature_types.h"
#include "session/frame.h"

namespace pd::session {

using Instant = std::chrono::steady_clock::time_point;

inline constexpr std::size_t window = 64;  // SESS-15
inline constexpr std::chrono::seconds hello_time{30};
inline constexpr std::chrono::seconds ping_after{15};  // SESS-20; while a message of ours waits,
inline constexpr std::chrono::seconds silent_after{45};
inline constexpr std::chrono::seconds waiting_ping_after{2};  // so soon
inline constexpr std::chrono::seconds waiting_silent_after{7};
inline constexpr std::chrono::seconds probe_time{3};           // SESS-25
inline constexpr std::chrono::milliseconds time_per_frame{5};  // SESS-18: 200 a second,
inline constexpr std::chrono::seconds frame_burst{5};          // or 1,000 at once;
inline constexpr std::chrono::microseconds time_per_feature_frame{500};
inline constexpr std::size_t large_payload = 16 * 1024;  // so much counts as a frame, or nothing if it is bulk
inline constexpr std::chrono::milliseconds time_per_message{100};  // of a stranger 10 messages a second,
inline constexpr std::chrono::seconds message_burst{50};           // or 500 at once

// How a session ended.
enum class Ending {
  done,      // the other side left
  shutdown,  // its program ended
  replaced,  // by a newer session of this device
  silent,    // nothing came for too long, on either side
  lost,      // the link broke, or ended without a bye
  left,      // we said bye
  broken,    // the other side broke a rule: we told it which
  refused,   // the other side sent an error
  failed,    // we cannot go on, for reasons of our own
};

// Why a side leaves, as it tells the other (SESS-21).
enum class Farewell {
  done,      // the person left
  shutdown,  // the program ends
  replaced,  // by a newer session of the device (SESS-6)
  silent,    // nothing came for too long (SESS-20)
};

// True when a dialler may try again after this (SESS-23).
bool may_dial_again(Ending ending);

// Whom the other side is to us: messages of contacts come as fast as any frames (SESS-18).
enum class Sender { contact, stranger };

struct Opened {
  std::vector<std::string> features;
};
struct Received {
  Message message;
};
struct Acknowledged {
  std::vector<std::string> ids;  // of messages that were sent in this session, each once
};
// A frame of a feature that both sides have.
struct Extended {
  std::uint8_t type;
  std::string payload;
};
struct Ended {
  Ending ending;
  std::string message;  // for people; may hold text of the other side: show it by one_safe_line()
  std::string rule;     // the one that was broken, for `broken`
};
using Event = std::variant<Opened, Received, Acknowledged, Extended, Ended>;

// One side of one session (SESS-7 … SESS-22), as a state machine: bytes and times go in, events and bytes come out. It
// knows neither link nor history; whoever drives it stores a message before acknowledge() and before send().
class Session {
 public:
  // `features` are what this side names in its hello.
  static Session dialling(Instant now, std::string id = new_id(), std::vector<FeatureTypes> features = {chat()});
  static Session answering(Instant now, std::vector<FeatureTypes> features = {chat()});

  // Bytes of the other side. What they mean is in next(), what to answer in take_output().
  void feed(std::string_view bytes, Instant now);
  // The link has ended, with or without an error.
  void link_ended(std::string message);
  // Call it at next_tick(), or whenever.
  void tick(Instant now);
  Instant next_tick() const;

  std::optional<Event> next();
  std::string take_output();

  bool dials() const { return side_ == Side::dialler; }
  // Hellos were exchanged and nobody has ended it.
  bool open() const { return phase_ == Phase::open; }
  bool ended() const { return phase_ == Phase::ended; }
  // How many messages may be sent now.
  std::size_t room() const { return open() && has(chat().name) ? window - in_flight_.size() : 0; }
  // Both sides have named it. Nothing before Opened.
  bool has(std::string_view feature) const;

  // Requires room(), and a text that check_text() likes.
  void send(const Message& message, Instant now);
  // For messages that were Received, once they are stored.
  void acknowledge(std::span<const std::string> ids);
  // Something has happened after which the link may be gone: asks whether it is (SESS-25).
  void probe(Instant now);
  // Says bye; acknowledgements are still understood until the link ends. Does nothing once it has ended.
  void leave(Farewell farewell);

  // Frames of features that both sides have, as encode() makes them. Requires open().
  void send_encoded(std::string frames, Instant now);

  // The other side broke the rule of a feature: tells it so.
  void reject(const identity::Error& error);
  // We cannot go on: says so to the other side.
  void give_up(std::string message);
  // The other side sends more than we take: tells it so, in these words (SESS-18).
  void refuse(std::string message);

  std::size_t output_size() const { return output_.size(); }
  // How long to wait before the next bytes are read, so that nobody keeps us busy (SESS-18).
  std::chrono::milliseconds pause(Instant now, Sender sender) const;

 private:
  enum class Side { dialler, answerer };
  enum class Phase { hello, open, leaving, ended };

  Session(Side side, std::string id, Instant now, std::vector<FeatureTypes> features);
  std::string greeting() const;
  void charge(const Frame& frame);
  std::chrono::microseconds price_of(const FeatureFrame& frame) const;
  void handle(Frame& frame);
  void handle_hello(const Hello& hello);
  void handle_message(const Message& message);
  void handle_ack(const Ack& ack);
  void handle_feature(FeatureFrame& frame);
  void ping();
  Instant ping_due() const;
  Instant silent_due() const;
  void end(Ending ending, std::string message);
  void fail(std::string_view code, std::string_view rule, std::string message);
  void send_error(std::string_view code, const std::string& message);

  Side side_;
  Phase phase_ = Phase::hello;
  bool greeted_ = false;  // their hello has come
  std::string id_;
  std::vector<FeatureTypes> features_;  // what we name; once it is open, what both name
  FrameReader reader_;
  std::string output_;
  std::deque<Event> events_;
  std::set<std::string> in_flight_;  // sent, not acknowledged by the other side
  std::size_t unacknowledged_ = 0;   // received, not acknowledged by us
  bool may_acknowledge_ = true;      // we have not sent our last frame
  Instant started_;
  Instant last_read_;
  bool pinged_ = false;              // since last_read_
  Instant waiting_since_;            // for the first of in_flight_, unless something was read since
  std::optional<Instant> featured_;  // when a frame of a feature was sent last
  std::optional<Instant> probed_;    // since last_read_
  std::uint64_t pings_ = 0;
  Instant paid_until_;           // a frame moves it on by time_per_frame
  Instant messages_paid_until_;  // a message by time_per_message
};

}  // namespace pd::session
