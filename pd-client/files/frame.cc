#include "files/frame.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "identity/encoding.h"
#include "identity/json.h"

namespace pd::files {

using identity::fail;
using identity::Json;
using identity::Reason;
using identity::Result;

namespace {

constexpr std::size_t max_json_depth = 4;
constexpr std::size_t max_word_bytes = 64;
constexpr std::size_t max_message_bytes = 200;
constexpr std::string_view hex_digits = "0123456789abcdef";

// The members of one object; after the first that is wrong, `error` is set and the others are empty.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}

  std::uint64_t number(std::string_view name, std::string_view rule = "FILE-1") {
    return take(identity::integer_member(object_, name, rule));
  }
  TransferNumber transfer() {
    const auto n = number("transfer", "FILE-2");
    if (!error && (n == 0 || n > std::numeric_limits<TransferNumber>::max())) {
      error = identity::Error{Reason::malformed, "FILE-2", "\"transfer\" is not in 1 ... 2^32-1"};
    }
    return static_cast<TransferNumber>(n);
  }
  identity::Time time(std::string_view name) { return take(identity::time_member(object_, name, "FILE-3")); }
  std::string text(std::string_view name, std::size_t max, std::string_view rule) {
    auto value = take(identity::string_member(object_, name, rule));
    if (!error && value.size() > max) {
      error = identity::Error{Reason::too_large, std::string(rule), "\"" + std::string(name) + "\" is too long"};
    }
    return value;
  }
  bool flag(std::string_view name) {
    const auto member = object_.find(name);
    if (member == object_.end()) {
      return false;
    }
    if (!member->is_boolean() && !error) {
      error = identity::Error{Reason::malformed, "FILE-1", "\"" + std::string(name) + "\" is not true or false"};
    }
    return member->is_boolean() && member->get<bool>();
  }
  template <class Bytes>
  Bytes hex(std::string_view name) {
    Bytes bytes{};
    const auto wanted = 2 * bytes.size();
    const auto digits = text(name, wanted, "FILE-1");
    if (error) {
      return bytes;
    }
    if (digits.size() != wanted || digits.find_first_not_of(hex_digits) != std::string::npos) {
      error = identity::Error{Reason::malformed, "FILE-1",
                              "\"" + std::string(name) + "\" is not " + std::to_string(wanted) + " hexadecimal digits"};
      return bytes;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(hex_digits.find(digits[2 * i]) << 4 | hex_digits.find(digits[2 * i + 1]));
    }
    return bytes;
  }
  const Json* list(std::string_view name) { return take(identity::array_member(object_, name, "FILE-3")); }
  bool has(std::string_view name) const { return object_.contains(name); }

  std::optional<identity::Error> error;

 private:
  template <class T>
  T take(Result<T> value) {
    if (!value) {
      if (!error) {
        error = value.error();
      }
      return T{};
    }
    return std::move(*value);
  }
  const Json& object_;
};

Entry read_entry(Members& members) {
  Entry entry;
  entry.path = members.text("path", max_path_bytes, "FILE-4");
  entry.directory = members.flag("directory");
  if (!entry.directory) {
    entry.size = members.number("size", "FILE-3");
    entry.modified = members.time("mtime");
    entry.executable = members.flag("executable");
  }
  return entry;
}

void read_entries(Members& members, std::vector<Entry>& entries) {
  const auto* const list = members.list("entries");
  for (std::size_t i = 0; list != nullptr && !members.error && i < list->size(); ++i) {
    if (!(*list)[i].is_object()) {
      members.error = identity::Error{Reason::malformed, "FILE-3", "an entry that is no object"};
      return;
    }
    Members inner((*list)[i]);
    entries.push_back(read_entry(inner));
    members.error = inner.error;
  }
}

FileFrame read_offer(Members& members) {
  OfferPart offer{members.transfer(), {}, members.flag("more")};
  read_entries(members, offer.entries);
  return offer;
}

FileFrame read_accept(Members& members) {
  Accept accept{
      members.transfer(),     members.number("next"), members.number("offset"), members.hex<Poly1305::Key>("key"), {},
      members.number("limit")};
  if (accept.offset > 0 || members.has("tag")) {
    accept.tag = members.hex<Poly1305::Tag>("tag");
  }
  return accept;
}

FileFrame read_end(Members& members) {
  End end{members.transfer(), {}, {}};
  if (members.has("error")) {
    end.error = members.text("error", max_word_bytes, "FILE-11");
    end.error = end.error.empty() ? "unreadable" : end.error;
  } else {
    end.tag = members.hex<Poly1305::Tag>("tag");
  }
  return end;
}

FileFrame read_cancel(Members& members) {
  return Cancel{members.transfer(), members.text("reason", max_word_bytes, "FILE-13"),
                members.text("message", max_message_bytes, "FILE-13")};
}

FileFrame read_members(Type type, Members& members) {
  switch (type) {
    case Type::offer:
      return read_offer(members);
    case Type::accept:
      return read_accept(members);
    case Type::begin:
      return Begin{members.transfer(), members.number("entry"), members.number("offset")};
    case Type::end:
      return read_end(members);
    case Type::credit:
      return Credit{members.transfer(), members.number("limit")};
    case Type::received:
      return ReceivedUpTo{members.transfer(), members.number("next")};
    default:
      return read_cancel(members);
  }
}

Result<FileFrame> read_data(std::string payload) {
  if (payload.size() <= data_head_bytes) {
    return fail(Reason::malformed, "FILE-12", "a data frame without data");
  }
  TransferNumber transfer = 0;
  for (std::size_t i = 0; i < data_head_bytes; ++i) {
    transfer = transfer << 8 | static_cast<unsigned char>(payload[i]);
  }
  return Data{transfer, std::move(payload)};
}

Result<Json> parse(std::string_view payload) {
  auto object = identity::parse_object(payload, {session::max_payload_bytes, max_json_depth});
  if (!object) {
    return fail(object.error().reason, "FILE-1", object.error().message);
  }
  return object;
}

std::string pack(Type type, const Json& payload) {
  return session::encode(session::FeatureFrame{static_cast<std::uint8_t>(type),
                                               payload.dump(-1, ' ', false, Json::error_handler_t::replace)});
}

Json json_of(const Entry& entry) {
  if (entry.directory) {
    return {{"path", entry.path}, {"directory", true}};
  }
  return {{"path", entry.path},
          {"size", entry.size},
          {"mtime", entry.modified.time_since_epoch().count()},
          {"executable", entry.executable}};
}

std::string encode_one(const OfferPart& f) {
  Json entries = Json::array();
  std::transform(f.entries.begin(), f.entries.end(), std::back_inserter(entries), json_of);
  return pack(Type::offer, {{"transfer", f.transfer}, {"entries", std::move(entries)}, {"more", f.more}});
}
std::string encode_one(const Accept& f) {
  Json accept = {{"transfer", f.transfer},
                 {"next", f.next},
                 {"offset", f.offset},
                 {"key", identity::hex(f.key)},
                 {"limit", f.limit}};
  if (f.tag) {
    accept["tag"] = identity::hex(*f.tag);
  }
  return pack(Type::accept, accept);
}
std::string encode_one(const Begin& f) {
  return pack(Type::begin, {{"transfer", f.transfer}, {"entry", f.entry}, {"offset", f.offset}});
}
std::string encode_one(const Data& f) {
  return session::encode(session::FeatureFrame{static_cast<std::uint8_t>(Type::data), f.payload});
}
std::string encode_one(const End& f) {
  if (!f.error.empty()) {
    return pack(Type::end, {{"transfer", f.transfer}, {"error", f.error}});
  }
  return pack(Type::end, {{"transfer", f.transfer}, {"tag", identity::hex(f.tag)}});
}
std::string encode_one(const Credit& f) {
  return pack(Type::credit, {{"transfer", f.transfer}, {"limit", f.limit}});
}
std::string encode_one(const ReceivedUpTo& f) {
  return pack(Type::received, {{"transfer", f.transfer}, {"next", f.next}});
}
std::string encode_one(const Cancel& f) {
  return pack(Type::cancel,
              {{"transfer", f.transfer}, {"reason", f.reason}, {"message", f.message.substr(0, max_message_bytes)}});
}

}  // namespace

Result<FileFrame> read_frame(std::uint8_t type, std::string payload) {
  if (static_cast<Type>(type) == Type::data) {
    return read_data(std::move(payload));
  }
  const auto object = parse(payload);
  if (!object) {
    return tl::unexpected(object.error());
  }
  Members members(*object);
  auto frame = read_members(static_cast<Type>(type), members);
  if (members.error) {
    return tl::unexpected(*members.error);
  }
  return frame;
}

std::string encode(const FileFrame& frame) {
  return std::visit([](const auto& f) { return encode_one(f); }, frame);
}

std::string encode_offer(TransferNumber transfer, const std::vector<Entry>& entries) {
  constexpr std::size_t around = 200;  // the other members of an entry, and of the frame
  std::string frames;
  OfferPart part{transfer, {}, false};
  std::size_t size = around;
  for (const auto& entry : entries) {
    const auto more = 2 * entry.path.size() + around;  // a quotation mark takes two bytes
    if (size + more > session::max_payload_bytes) {
      part.more = true;
      frames += encode(part);
      part = {transfer, {}, false};
      size = around;
    }
    size += more;
    part.entries.push_back(entry);
  }
  return frames + encode(part);
}

char* append_data(std::string& frames, TransferNumber transfer, std::size_t size) {
  session::append_head(frames, static_cast<std::uint8_t>(Type::data), data_head_bytes + size);
  for (int shift = 24; shift >= 0; shift -= 8) {
    frames.push_back(static_cast<char>((transfer >> shift) & 0xff));
  }
  frames.resize(frames.size() + size);
  return frames.data() + frames.size() - size;
}

std::string encode_limit(std::uint64_t limit) {
  return Json{{"limit", limit}}.dump();
}

Result<std::uint64_t> read_limit(std::string_view payload) {
  const auto object = parse(payload);
  if (!object) {
    return tl::unexpected(object.error());
  }
  return identity::integer_member(*object, "limit", "FILE-18");
}

std::string encode_pipe(Type type, std::string_view payload) {
  return session::encode(session::FeatureFrame{static_cast<std::uint8_t>(type), std::string(payload)});
}

}  // namespace pd::files
