#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "identity/result.h"
#include "identity/time.h"

// The frames of schema/spec/session.md: bytes to structs and back. Pure.
namespace pd::session {

inline constexpr std::size_t frame_head_bytes = 5;
inline constexpr std::size_t max_payload_bytes = 64 * 1024;
inline constexpr std::size_t max_text_bytes = 16 * 1024;
inline constexpr std::size_t max_ack_ids = 64;
inline constexpr std::size_t max_features = 32;
inline constexpr std::uint8_t first_feature_type = 16;  // SESS-8
inline constexpr std::uint8_t first_skippable_type = 128;

struct Hello {
  std::string session;  // an id
  std::vector<std::string> features;
  bool operator==(const Hello&) const = default;
};

struct Message {
  std::string id;  // 32 lower-case hexadecimal digits
  identity::Time time;
  std::string text;
  bool operator==(const Message&) const = default;
};

struct Ack {
  std::vector<std::string> ids;
  bool operator==(const Ack&) const = default;
};

struct Ping {
  std::uint64_t n;
  bool operator==(const Ping&) const = default;
};

struct Pong {
  std::uint64_t n;
  bool operator==(const Pong&) const = default;
};

struct Bye {
  std::string reason;
  bool operator==(const Bye&) const = default;
};

struct ErrorFrame {
  std::string code;
  std::string message;
  bool operator==(const ErrorFrame&) const = default;
};

// A frame of a feature (SESS-8): whoever has that feature reads the payload.
struct FeatureFrame {
  std::uint8_t type;
  std::string payload;
  bool operator==(const FeatureFrame&) const = default;
};

// A frame of a type that is not ours and may be passed over (SESS-8).
struct Skipped {
  std::uint8_t type;
  bool operator==(const Skipped&) const = default;
};

using Frame = std::variant<Hello, Message, Ack, Ping, Pong, Bye, ErrorFrame, FeatureFrame, Skipped>;

// 128 random bits, in the form of SESS-12.
std::string new_id();
// True when `text` has that form.
bool is_id(std::string_view text);

// Fails with malformed (SESS-12) when `text` cannot be sent as a message: empty, no UTF-8, U+0000 in it; with too_large
// when it is longer than max_text_bytes, or so full of control characters that its frame would be too long.
identity::Result<void> check_text(std::string_view text);

// The bytes of one frame. `frame` must keep the bounds above, a message those of check_text(); a Skipped has no bytes.
std::string encode(const Frame& frame);

// Puts the head of a frame of a feature before the payload of `size` bytes, at most max_payload_bytes, that the caller
// appends next.
void append_head(std::string& bytes, std::uint8_t type, std::size_t size);

// Cuts a stream of bytes into frames.
class FrameReader {
 public:
  // Takes the next bytes of the stream. Holds at most one frame and what was fed since the last next() that gave none.
  void feed(std::string_view bytes);

  // The next whole frame, or none until more is fed. Fails with malformed, too_large or unsupported, naming the rule;
  // then the stream cannot be read on, and every later call fails in the same way.
  identity::Result<std::optional<Frame>> next();

 private:
  identity::Result<std::optional<Frame>> read();
  std::string buffer_;
  std::size_t begin_ = 0;  // where in buffer_ the unread bytes start
  std::optional<identity::Error> failed_;
};

}  // namespace pd::session
