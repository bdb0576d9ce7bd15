#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "files/entry.h"
#include "files/poly1305.h"
#include "identity/result.h"
#include "session/feature_types.h"
#include "session/frame.h"

// The frames of schema/spec/files.md: bytes to structs and back. Pure.
namespace pd::files {

enum class Type : std::uint8_t {
  offer = 16,
  accept = 17,
  begin = 18,
  data = 19,
  end = 20,
  credit = 21,
  received = 22,
  cancel = 23,
  pipe_data = 24,
  pipe_credit = 25,
  pipe_end = 26,
  pipe_done = 27,
};

constexpr session::FeatureTypes files_feature() {
  return {"files", 16, 23, static_cast<std::uint8_t>(Type::data)};
}
constexpr session::FeatureTypes pipe_feature() {
  return {"pipe", 24, 27, static_cast<std::uint8_t>(Type::pipe_data)};
}

inline constexpr std::size_t data_head_bytes = 4;
inline constexpr std::size_t max_data_bytes = session::max_payload_bytes - data_head_bytes;

// A number of FILE-2.
using TransferNumber = std::uint32_t;

struct OfferPart {
  TransferNumber transfer;
  std::vector<Entry> entries;
  bool more = false;
};
struct Accept {
  TransferNumber transfer;
  std::uint64_t next;
  std::uint64_t offset;
  Poly1305::Key key;
  std::optional<Poly1305::Tag> tag;  // of the first `offset` bytes; may be missing when there are none
  std::uint64_t limit;
};
struct Begin {
  TransferNumber transfer;
  std::uint64_t entry;
  std::uint64_t offset;
};
// The bytes of a data frame are data_head_bytes into its payload.
struct Data {
  TransferNumber transfer;
  std::string payload;
  std::string_view bytes() const { return std::string_view(payload).substr(data_head_bytes); }
};
struct End {
  TransferNumber transfer;
  Poly1305::Tag tag{};
  std::string error;  // empty: there is a tag
};
struct Credit {
  TransferNumber transfer;
  std::uint64_t limit;
};
struct ReceivedUpTo {
  TransferNumber transfer;
  std::uint64_t next;
};
struct Cancel {
  TransferNumber transfer;
  std::string reason;
  std::string message;
};
using FileFrame = std::variant<OfferPart, Accept, Begin, Data, End, Credit, ReceivedUpTo, Cancel>;

// The frame of that type and payload. Fails with malformed or too_large, naming the rule.
identity::Result<FileFrame> read_frame(std::uint8_t type, std::string payload);

// The bytes of a whole frame, its head included. Texts keep the bounds of FILE-13, but a message is cut to them.
std::string encode(const FileFrame& frame);

// The offer of a list that EntryList likes, in as many frames as it needs.
std::string encode_offer(TransferNumber transfer, const std::vector<Entry>& entries);

// Appends a data frame for `size` bytes of a file, at most max_data_bytes, without them; returns where they belong.
char* append_data(std::string& frames, TransferNumber transfer, std::size_t size);

std::string encode_limit(std::uint64_t limit);
identity::Result<std::uint64_t> read_limit(std::string_view payload);
// A frame of a pipe, whole.
std::string encode_pipe(Type type, std::string_view payload);

}  // namespace pd::files
