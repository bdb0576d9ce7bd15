#include "structured_field.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "base64.h"

namespace pd::identity {
namespace {

constexpr std::size_t max_field = 1'024;
constexpr std::size_t max_integer_digits = 15;  // RFC 9651, section 3.3.1

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

tl::unexpected<Error> bad(std::string_view problem) {
  return fail(Reason::malformed, "SIG-5", "structured field: " + std::string(problem));
}

// Reads a field from left to right (RFC 9651, section 4.2).
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char c) {
    if (peek() != c || at_end()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::size_t skip_spaces() {
    std::size_t count = 0;
    while (take(' '))
      ++count;
    return count;
  }

  // Section 4.2.3.3: begins with a lower-case letter or "*".
  Result<std::string> key() {
    if (!is_lower(peek()) && peek() != '*') return bad("a key is missing");
    const auto in_key = [](char c) {
      return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
    };
    return std::string(take_while(in_key));
  }

  // Section 4.2.5.
  Result<std::string> string() {
    if (!take('"')) return bad("a string is missing");
    std::string out;
    while (!at_end()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c == '\\' && peek() != '"' && peek() != '\\') return bad("a string has another escape than \\\" and \\\\");
      if (!is_printable(c)) return bad("a string is not of printable ASCII");
      out += c == '\\' ? rest_.front() : c;
      if (c == '\\') rest_.remove_prefix(1);
    }
    return bad("a string does not end");
  }

  // Section 4.2.4, without decimals.
  Result<std::int64_t> integer() {
    const bool negative = take('-');
    const auto digits = take_while(is_digit);
    if (digits.empty() || digits.size() > max_integer_digits || peek() == '.') return bad("not an integer");
    const std::int64_t value = std::stoll(std::string(digits));
    return negative ? -value : value;
  }

  // What comes before the next `end`, which is taken too.
  std::optional<std::string_view> until(char end) {
    const auto found = rest_.find(end);
    if (found == std::string_view::npos) return std::nullopt;
    const auto out = rest_.substr(0, found);
    rest_.remove_prefix(found + 1);
    return out;
  }

 private:
  template <class Predicate>
  std::string_view take_while(Predicate predicate) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), predicate);
    const auto out = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(out.size());
    return out;
  }

  std::string_view rest_;
};

// Up to the value of the one member that the field must hold.
Result<Reader> open_member(std::string_view field, std::string_view label) {
  if (field.size() > max_field) return fail(Reason::too_large, "SIG-5", "structured field: too long");
  Reader reader(field);
  reader.skip_spaces();
  const auto key = reader.key();
  if (!key) return tl::unexpected(key.error());
  if (*key != label) return bad("the first member is not \"" + std::string(label) + "\"");
  if (!reader.take('=')) return bad("a member has no value");
  return reader;
}

Result<void> close_member(Reader& reader) {
  reader.skip_spaces();
  if (!reader.at_end()) return bad("something follows the member");
  return {};
}

Result<std::vector<std::string>> read_items(Reader& reader) {
  if (!reader.take('(')) return bad("not an inner list");
  std::vector<std::string> items;
  std::size_t spaces = reader.skip_spaces();
  while (!reader.take(')')) {
    if (!items.empty() && spaces == 0) return bad("no space between two items");
    auto item = reader.string();
    if (!item) return tl::unexpected(item.error());
    if (reader.peek() == ';') return fail(Reason::unsupported, "SIG-5", "structured field: an item with parameters");
    items.push_back(std::move(*item));
    spaces = reader.skip_spaces();
  }
  return items;
}

Result<InnerList::Value> read_value(Reader& reader) {
  if (reader.peek() == '"') return reader.string();
  if (is_digit(reader.peek()) || reader.peek() == '-') return reader.integer();
  return fail(Reason::unsupported, "SIG-5", "structured field: a parameter that is neither integer nor string");
}

Result<void> read_parameters(Reader& reader, InnerList& list) {
  while (reader.take(';')) {
    reader.skip_spaces();
    auto name = reader.key();
    if (!name) return tl::unexpected(name.error());
    const auto same_name = [&](const auto& parameter) { return parameter.first == *name; };
    if (std::any_of(list.parameters.begin(), list.parameters.end(), same_name)) return bad("a parameter comes twice");
    if (!reader.take('=')) return fail(Reason::unsupported, "SIG-5", "structured field: a parameter without a value");
    auto value = read_value(reader);
    if (!value) return tl::unexpected(value.error());
    list.parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

std::string quoted_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (!is_printable(c)) throw std::invalid_argument("a structured field string must be of printable ASCII");
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

Result<InnerList> parse_inner_list_member(std::string_view field, std::string_view label) {
  auto reader = open_member(field, label);
  if (!reader) return tl::unexpected(reader.error());
  auto items = read_items(*reader);
  if (!items) return tl::unexpected(items.error());
  InnerList list{std::move(*items), {}};
  if (auto read = read_parameters(*reader, list); !read) return tl::unexpected(read.error());
  if (auto closed = close_member(*reader); !closed) return tl::unexpected(closed.error());
  return list;
}

std::string serialize(const InnerList& list) {
  std::string out = "(";
  for (const std::string& item : list.items) {
    if (out.size() > 1) out += ' ';
    out += quoted_string(item);
  }
  out += ')';
  for (const auto& [name, value] : list.parameters) {
    const auto* integer = std::get_if<std::int64_t>(&value);
    out += ';' + name + '=' + (integer ? std::to_string(*integer) : quoted_string(std::get<std::string>(value)));
  }
  return out;
}

Result<Bytes> parse_bytes_member(std::string_view field, std::string_view label) {
  auto reader = open_member(field, label);
  if (!reader) return tl::unexpected(reader.error());
  if (!reader->take(':')) return bad("not a byte sequence");
  const auto encoded = reader->until(':');
  if (!encoded) return bad("a byte sequence does not end");
  auto bytes = from_base64(*encoded);
  if (!bytes) return bad("a byte sequence is not base64");
  if (auto closed = close_member(*reader); !closed) return tl::unexpected(closed.error());
  return bytes;
}

std::string serialize_bytes_member(std::string_view label, ByteView bytes) {
  return std::string(label) + "=:" + base64(bytes) + ":";
}

}  // namespace pd::identity
