#include "identity/json.h"

#include <vector>

namespace pd::identity {
namespace {

constexpr std::uint64_t max_integer = (std::uint64_t{1} << 53) - 1;
constexpr std::uint64_t max_time = 253'402'300'799;  // the last second of the year 9999

// Builds the tree while it reads, and stops at the first member name that comes twice or bracket that is too deep:
// nothing is built that the limits do not allow.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}

  Json& root() { return root_; }
  const Error& error() const { return error_; }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  // Called for numbers with a sign alone. "-0" must not pass for 0 (JSON-4).
  bool number_integer(number_integer_t value) override { return value == 0 ? put(-0.0) : put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const auto [member, is_new] = open_.back()->emplace(name, nullptr);
    if (!is_new) return refuse(Reason::malformed, "JSON-2", "a member name comes twice");
    member_ = &*member;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse(Reason::malformed, "JSON-1", "not well-formed at byte " + std::to_string(position));
  }

 private:
  // Puts `value` where the reader is: at the root, at the end of an array, or as the member whose name came last.
  Json* place(Json&& value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (!open_.back()->is_array()) return &(*member_ = std::move(value));
    open_.back()->push_back(std::move(value));
    return &open_.back()->back();
  }

  bool put(Json&& value) {
    place(std::move(value));
    return true;
  }

  bool open(Json&& value) {
    if (open_.size() == max_depth_) return refuse(Reason::too_large, "JSON-3", "nested too deeply");
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool refuse(Reason reason, std::string rule, std::string message) {
    error_ = Error{reason, std::move(rule), "JSON: " + std::move(message)};
    return false;
  }

  std::size_t max_depth_;
  Json root_;
  std::vector<Json*> open_;  // the objects and arrays around the place being read
  Json* member_ = nullptr;
  Error error_{Reason::malformed, "JSON-1", "JSON: not well-formed"};
};

tl::unexpected<Error> bad_member(std::string_view name, std::string_view rule, std::string_view problem) {
  return fail(Reason::malformed, rule, "member \"" + std::string(name) + "\" " + std::string(problem));
}

// The member as it is, after `is_type` has found it to be what the caller wants.
Result<const Json*> member(const Json& object, std::string_view name, std::string_view rule,
                           bool (Json::*is_type)() const noexcept, std::string_view type) {
  const auto found = object.find(name);
  if (found == object.end()) return bad_member(name, rule, "is missing");
  if (!((*found).*is_type)()) return bad_member(name, rule, "is not " + std::string(type));
  return &*found;
}

}  // namespace

Result<Json> parse_object(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes) return fail(Reason::too_large, "JSON-3", "JSON: too long");
  // The parser would skip whatever white space or byte order mark comes first; a mark is not JSON (RFC 8259,
  // section 8.1).
  if (text.starts_with("\xEF\xBB\xBF")) return fail(Reason::malformed, "JSON-1", "JSON: begins with a byte order mark");
  Builder builder(limits.depth);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return tl::unexpected(builder.error());
  if (!builder.root().is_object()) return fail(Reason::malformed, "JSON-1", "JSON: not an object");
  return std::move(builder.root());
}

Result<std::string> string_member(const Json& object, std::string_view name, std::string_view rule) {
  return member(object, name, rule, &Json::is_string, "a string").map([](const Json* found) {
    return found->get<std::string>();
  });
}

Result<std::uint64_t> integer_member(const Json& object, std::string_view name, std::string_view rule) {
  const auto found = member(object, name, rule, &Json::is_number_integer, "an integer");
  if (!found) return tl::unexpected(found.error());
  // A negative number, read as unsigned, is far above the bound.
  const auto value = (*found)->get<std::uint64_t>();
  if (value > max_integer) return bad_member(name, rule, "is not in 0 … 2^53-1");
  return value;
}

Result<Time> time_member(const Json& object, std::string_view name, std::string_view rule) {
  const auto seconds = integer_member(object, name, rule);
  if (!seconds) return tl::unexpected(seconds.error());
  if (*seconds > max_time) return bad_member(name, rule, "is after the year 9999");
  return Time(Seconds(*seconds));
}

Result<const Json*> array_member(const Json& object, std::string_view name, std::string_view rule) {
  return member(object, name, rule, &Json::is_array, "an array");
}

Result<const Json*> object_member(const Json& object, std::string_view name, std::string_view rule) {
  return member(object, name, rule, &Json::is_object, "an object");
}

}  // namespace pd::identity
