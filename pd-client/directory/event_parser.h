#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pd::directory {

// One server-sent event.
struct ServerEvent {
  std::string type;  // "message" where the server names none
  std::string id;    // the last that was given, by this event or an earlier one; may be empty
  std::string data;

  bool operator==(const ServerEvent&) const = default;
};

// Reads a stream of server-sent events (WHATWG HTML, section 9.2.6 "Interpreting an event stream") piece by piece,
// wherever it is cut. Pure.
class EventParser {
 public:
  static constexpr std::size_t max_line = 16 * 1024;   // bytes, without its end
  static constexpr std::size_t max_event = 16 * 1024;  // bytes of data
  static constexpr std::size_t max_id = 128;           // bytes; a longer one is ignored, like one that holds U+0000

  // `last_id`: what was sent as Last-Event-ID, which holds on until the server gives another.
  explicit EventParser(std::string last_id = {}) : id_(last_id), last_id_(std::move(last_id)) {}

  // Takes the next bytes. False when a line or an event is over its bound: then the stream is of no use any more.
  bool feed(std::string_view bytes);

  // The oldest event that is complete and was not returned yet.
  std::optional<ServerEvent> next();

  // What a reconnection is to send as Last-Event-ID; empty: nothing.
  const std::string& last_id() const { return last_id_; }
  // How long the server would like a lost reader to wait, if it has said so.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  bool take(char byte);
  bool end_line();
  bool take_field(std::string_view name, std::string_view value);
  void dispatch();

  std::deque<ServerEvent> events_;
  std::string line_;
  std::string type_;
  std::string data_;
  std::string id_;  // takes effect with the next blank line
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
  bool first_line_ = true;
  bool after_cr_ = false;  // a line feed now belongs to the line end before
};

}  // namespace pd::directory
