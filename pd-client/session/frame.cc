#include "session/frame.h"

#include <algorithm>

#include "identity/encoding.h"
#include "identity/json.h"
#include "identity/text.h"

namespace pd::session {

using identity::fail;
using identity::Json;
using identity::Reason;
using identity::Result;

namespace {

constexpr std::size_t max_depth = 4;
constexpr std::size_t max_feature_bytes = 64;
constexpr std::size_t max_word_bytes = 64;
constexpr std::size_t max_error_text_bytes = 200;

enum Type : std::uint8_t { hello = 1, message = 2, ack = 3, ping = 4, pong = 5, bye = 6, error = 7 };

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string join(std::uint8_t type, std::string_view payload) {
  std::string bytes;
  bytes.reserve(frame_head_bytes + payload.size());
  append_head(bytes, type, payload.size());
  return bytes.append(payload);
}

std::string pack(Type type, const Json& payload) {
  const std::string body = payload.dump(-1, ' ', false, Json::error_handler_t::replace);
  return join(type, body);
}

Result<std::string> id_member(const Json& object, std::string_view name, std::string_view rule) {
  auto id = identity::string_member(object, name, rule);
  if (id && !is_id(*id)) {
    return fail(Reason::malformed, rule, "\"" + std::string(name) + "\" is not 32 lower-case hexadecimal digits");
  }
  return id;
}

Result<std::string> short_member(const Json& object, std::string_view name, std::size_t max, std::string_view rule) {
  auto text = identity::string_member(object, name, rule);
  if (text && text->size() > max) {
    return fail(Reason::too_large, rule, "\"" + std::string(name) + "\" is too long");
  }
  return text;
}

bool is_feature(const Json& name) {
  if (!name.is_string()) {
    return false;
  }
  const auto& text = name.get_ref<const std::string&>();
  return !text.empty() && text.size() <= max_feature_bytes &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
}

Result<Frame> read_hello(const Json& object) {
  const auto version = identity::integer_member(object, "v", "SESS-11");
  if (!version) {
    return tl::unexpected(version.error());
  }
  if (*version != 1) {
    return fail(Reason::unsupported, "SESS-11", "version " + std::to_string(*version) + " of the session protocol");
  }
  auto session = id_member(object, "session", "SESS-11");
  if (!session) {
    return tl::unexpected(session.error());
  }
  const auto features = identity::array_member(object, "features", "SESS-11");
  if (!features) {
    return tl::unexpected(features.error());
  }
  if ((*features)->size() > max_features || !std::all_of((*features)->begin(), (*features)->end(), is_feature)) {
    return fail(Reason::malformed, "SESS-11", "\"features\" is not a list of at most 32 names");
  }
  return Hello{std::move(*session), (*features)->get<std::vector<std::string>>()};
}

Result<Frame> read_message(const Json& object) {
  auto id = id_member(object, "id", "SESS-12");
  if (!id) {
    return tl::unexpected(id.error());
  }
  const auto time = identity::time_member(object, "time", "SESS-12");
  if (!time) {
    return tl::unexpected(time.error());
  }
  auto text = identity::string_member(object, "text", "SESS-12");
  if (!text) {
    return tl::unexpected(text.error());
  }
  if (const auto fine = check_text(*text); !fine) {
    return tl::unexpected(fine.error());
  }
  return Message{std::move(*id), *time, std::move(*text)};
}

Result<Frame> read_ack(const Json& object) {
  const auto ids = identity::array_member(object, "ids", "SESS-14");
  if (!ids) {
    return tl::unexpected(ids.error());
  }
  const auto fits = [](const Json& id) { return id.is_string() && is_id(id.get_ref<const std::string&>()); };
  if ((*ids)->empty() || (*ids)->size() > max_ack_ids || !std::all_of((*ids)->begin(), (*ids)->end(), fits)) {
    return fail(Reason::malformed, "SESS-14", "\"ids\" is not a list of 1 to 64 ids");
  }
  return Ack{(*ids)->get<std::vector<std::string>>()};
}

template <class T>
Result<Frame> read_counter(const Json& object) {
  const auto n = identity::integer_member(object, "n", "SESS-20");
  if (!n) {
    return tl::unexpected(n.error());
  }
  return T{*n};
}

Result<Frame> read_bye(const Json& object) {
  auto reason = short_member(object, "reason", max_word_bytes, "SESS-21");
  if (!reason) {
    return tl::unexpected(reason.error());
  }
  return Bye{std::move(*reason)};
}

Result<Frame> read_error(const Json& object) {
  auto code = short_member(object, "code", max_word_bytes, "SESS-22");
  if (!code) {
    return tl::unexpected(code.error());
  }
  auto text = short_member(object, "message", max_error_text_bytes, "SESS-22");
  if (!text) {
    return tl::unexpected(text.error());
  }
  return ErrorFrame{std::move(*code), std::move(*text)};
}

Result<Frame> read_payload(std::uint8_t type, std::string_view payload) {
  if (type >= first_skippable_type) {
    return Skipped{type};
  }
  if (type >= first_feature_type) {
    return FeatureFrame{type, std::string(payload)};
  }
  if (type < Type::hello || type > Type::error) {
    return fail(Reason::unsupported, "SESS-8", "a frame of the unknown type " + std::to_string(type));
  }
  const auto object = identity::parse_object(payload, {max_payload_bytes, max_depth});
  if (!object) {
    return fail(object.error().reason, "SESS-9", object.error().message);
  }
  switch (type) {
    case Type::hello:
      return read_hello(*object);
    case Type::message:
      return read_message(*object);
    case Type::ack:
      return read_ack(*object);
    case Type::ping:
      return read_counter<Ping>(*object);
    case Type::pong:
      return read_counter<Pong>(*object);
    case Type::bye:
      return read_bye(*object);
    default:
      return read_error(*object);
  }
}

// How many bytes `text` has as a JSON string.
std::size_t json_size(std::string_view text) {
  std::size_t size = 2;
  for (const char c : text) {
    const bool named = std::string_view("\"\\\b\f\n\r\t").find(c) != std::string_view::npos;
    const bool control = static_cast<unsigned char>(c) < 0x20;
    size += named ? 2 : control ? 6 : 1;
  }
  return size;
}

}  // namespace

std::string new_id() {
  return identity::hex(identity::random_bytes(16));
}

bool is_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<void> check_text(std::string_view text) {
  constexpr std::size_t around_text = 200;  // the other members of a message
  if (text.empty()) {
    return fail(Reason::malformed, "SESS-12", "the text is empty");
  }
  if (text.size() > max_text_bytes) {
    return fail(Reason::too_large, "SESS-12", "the text is longer than 16,384 bytes");
  }
  if (text.find('\0') != std::string_view::npos) {
    return fail(Reason::malformed, "SESS-12", "the text contains U+0000");
  }
  if (!identity::is_utf8(text)) {
    return fail(Reason::malformed, "SESS-12", "the text is not UTF-8");
  }
  if (json_size(text) + around_text > max_payload_bytes) {
    return fail(Reason::too_large, "SESS-7", "the text has too many control characters");
  }
  return {};
}

std::string encode(const Frame& frame) {
  return std::visit(
      Overloaded{
          [](const Hello& f) {
            return pack(Type::hello, {{"v", 1}, {"session", f.session}, {"features", f.features}});
          },
          [](const Message& f) {
            return pack(Type::message, {{"id", f.id}, {"time", f.time.time_since_epoch().count()}, {"text", f.text}});
          },
          [](const Ack& f) {
            return pack(Type::ack, {{"ids", f.ids}});
          },
          [](const Ping& f) {
            return pack(Type::ping, {{"n", f.n}});
          },
          [](const Pong& f) {
            return pack(Type::pong, {{"n", f.n}});
          },
          [](const Bye& f) {
            return pack(Type::bye, {{"reason", f.reason}});
          },
          [](const ErrorFrame& f) {
            return pack(Type::error, {{"code", f.code}, {"message", f.message}});
          },
          [](const FeatureFrame& f) { return join(f.type, f.payload); },
          [](const Skipped&) { return std::string(); },
      },
      frame);
}

void append_head(std::string& bytes, std::uint8_t type, std::size_t size) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((size >> shift) & 0xff));
  }
  bytes.push_back(static_cast<char>(type));
}

void FrameReader::feed(std::string_view bytes) {
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_ += bytes;
}

Result<std::optional<Frame>> FrameReader::next() {
  if (failed_) {
    return tl::unexpected(*failed_);
  }
  auto frame = read();
  if (!frame) {
    failed_ = frame.error();
  }
  return frame;
}

Result<std::optional<Frame>> FrameReader::read() {
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  if (rest.size() < frame_head_bytes) {
    return std::nullopt;
  }
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size = size << 8 | static_cast<unsigned char>(rest[i]);
  }
  if (size > max_payload_bytes) {
    return fail(Reason::too_large, "SESS-7", "a frame of " + std::to_string(size) + " bytes");
  }
  if (rest.size() < frame_head_bytes + size) {
    return std::nullopt;
  }
  begin_ += frame_head_bytes + size;
  auto frame = read_payload(static_cast<std::uint8_t>(rest[4]), rest.substr(frame_head_bytes, size));
  if (!frame) {
    return tl::unexpected(frame.error());
  }
  return std::optional<Frame>(std::move(*frame));
}

}  // namespace pd::session
