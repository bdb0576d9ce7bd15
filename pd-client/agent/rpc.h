#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "identity/json.h"
#include "identity/result.h"

// JSON-RPC 2.0 as schema/spec/agent.md has it: texts to structs and back. Pure.
namespace pd::agent {

using identity::Json;

inline constexpr std::size_t max_line_bytes = 128 * 1024;  // AGT-5, without the line feed
inline constexpr std::size_t max_id_bytes = 64;            // AGT-7

// AGT-21. The first five are JSON-RPC's own.
enum class Code {
  parse = -32700,
  request = -32600,
  method = -32601,
  params = -32602,
  failed = -32603,
  busy = -32001,
  absent = -32002,
};

struct Request {
  Json id;  // a string or an integer; null where no answer is wanted
  std::string method;
  Json params;  // an object
};

// Why a request was not done, as it is told.
struct Refusal {
  Code code;
  std::string message;  // for people
};

// A line that is no request, and how to answer it.
struct Unreadable {
  Json id;  // null where none could be read
  Code code;
  identity::Error error;  // the rule that is broken: AGT-5, AGT-6, AGT-7 or one of json.md
};

// What the agent sends.
struct Answer {
  Json id;
  tl::expected<Json, Refusal> result;
};
struct Notification {
  std::string method;
  Json params;
};

// Reads a line of a client, without its line feed.
tl::expected<Request, Unreadable> parse_request(std::string_view line);

// Reads a line of the agent: an Answer where it has an id or an error, otherwise a Notification. Fails with malformed
// or too_large.
struct Incoming {
  std::optional<Answer> answer;
  std::optional<Notification> notification;
};
identity::Result<Incoming> parse_incoming(std::string_view line);

// Each a line with its line feed. Text that is no UTF-8 is replaced, never an error.
std::string encode(const Request& request);
std::string encode(const Answer& answer);
std::string encode(const Notification& notification);

// How many bytes `value` takes in a line.
std::size_t encoded_size(const Json& value);

// Cuts a stream of bytes into lines; holds at most one that is not whole.
class LineReader {
 public:
  // Takes the next bytes of the stream.
  void feed(std::string_view bytes);
  // The next whole line that is not empty, without its line feed; nothing until more is fed.
  std::optional<std::string> next();
  // What is left has more than max_line_bytes and no end (AGT-5): nothing can be read on.
  bool overflown() const;

 private:
  std::string buffer_;
  std::size_t begin_ = 0;  // where in buffer_ the unread bytes start
};

}  // namespace pd::agent
