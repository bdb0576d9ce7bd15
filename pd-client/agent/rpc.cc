#include "agent/rpc.h"

#include <cstdint>
#include <utility>

namespace pd::agent {

using identity::Error;
using identity::Reason;
using identity::Result;

namespace {

constexpr identity::JsonLimits line_limits{max_line_bytes, 8};
constexpr std::int64_t max_integer = (std::int64_t{1} << 53) - 1;

// Nothing when there is no usable id: for an answer, null (AGT-6).
std::optional<Json> read_id(const Json& object) {
  const auto found = object.find("id");
  if (found == object.end()) {
    return Json();
  }
  if (found->is_string() && found->get_ref<const std::string&>().size() <= max_id_bytes) {
    return *found;
  }
  if (found->is_number_unsigned() && found->get<std::uint64_t>() <= static_cast<std::uint64_t>(max_integer)) {
    return *found;
  }
  return std::nullopt;
}

tl::unexpected<Unreadable> no_request(Json id, std::string_view rule, std::string message) {
  return tl::unexpected(
      Unreadable{std::move(id), Code::request, {Reason::malformed, std::string(rule), std::move(message)}});
}

std::string line_of(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Refusal read_refusal(const Json& error) {
  const auto code = error.is_object() ? error.value("code", Json()) : Json();
  const auto message = error.is_object() ? error.value("message", Json()) : Json();
  Refusal refusal{Code::failed, message.is_string() ? message.get<std::string>() : "the agent gave no reason"};
  for (const auto known : {Code::parse, Code::request, Code::method, Code::params, Code::busy, Code::absent}) {
    if (code == static_cast<int>(known)) {
      refusal.code = known;
    }
  }
  return refusal;
}

}  // namespace

tl::expected<Request, Unreadable> parse_request(std::string_view line) {
  if (line.size() > max_line_bytes) {
    return tl::unexpected(Unreadable{{}, Code::request, {Reason::too_large, "AGT-5", "the line is too long"}});
  }
  auto object = identity::parse_object(line, line_limits);
  if (!object) {
    return tl::unexpected(Unreadable{{}, Code::parse, std::move(object.error())});
  }
  auto id = read_id(*object);
  if (!id) {
    return no_request({}, "AGT-7", "\"id\" is neither a short string nor an integer");
  }
  if (object->value("jsonrpc", Json()) != "2.0") {
    return no_request(*std::move(id), "AGT-6", "\"jsonrpc\" is not \"2.0\"");
  }
  auto method = identity::string_member(*object, "method", "AGT-6");
  if (!method) {
    return no_request(*std::move(id), "AGT-6", method.error().message);
  }
  auto params = object->value("params", Json::object());
  if (!params.is_object()) {
    return no_request(*std::move(id), "AGT-6", "\"params\" is not an object");
  }
  return Request{*std::move(id), *std::move(method), std::move(params)};
}

Result<Incoming> parse_incoming(std::string_view line) {
  auto object = identity::parse_object(line, line_limits);
  if (!object) {
    return tl::unexpected(object.error());
  }
  Incoming incoming;
  if (const auto error = object->find("error"); error != object->end()) {
    incoming.answer = Answer{object->value("id", Json()), tl::unexpected(read_refusal(*error))};
    return incoming;
  }
  if (object->contains("id")) {
    incoming.answer = Answer{object->at("id"), object->value("result", Json())};
    return incoming;
  }
  auto method = identity::string_member(*object, "method", "AGT-17");
  if (!method) {
    return tl::unexpected(method.error());
  }
  incoming.notification = Notification{*std::move(method), object->value("params", Json::object())};
  return incoming;
}

std::string encode(const Request& request) {
  Json object{{"jsonrpc", "2.0"}, {"method", request.method}, {"params", request.params}};
  if (!request.id.is_null()) {
    object["id"] = request.id;
  }
  return line_of(object);
}

std::string encode(const Answer& answer) {
  Json object{{"jsonrpc", "2.0"}, {"id", answer.id}};
  if (answer.result) {
    object["result"] = *answer.result;
  } else {
    object["error"] = {{"code", static_cast<int>(answer.result.error().code)},
                       {"message", answer.result.error().message}};
  }
  return line_of(object);
}

std::string encode(const Notification& notification) {
  return line_of({{"jsonrpc", "2.0"}, {"method", notification.method}, {"params", notification.params}});
}

std::size_t encoded_size(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace).size();
}

void LineReader::feed(std::string_view bytes) {
  buffer_.erase(0, std::exchange(begin_, 0));
  buffer_.append(bytes);
}

std::optional<std::string> LineReader::next() {
  for (;;) {
    const auto end = buffer_.find('\n', begin_);
    if (end == std::string::npos) {
      return std::nullopt;
    }
    std::string line = buffer_.substr(begin_, end - begin_);
    begin_ = end + 1;
    if (!line.empty()) {
      return line;
    }
  }
}

bool LineReader::overflown() const {
  return buffer_.size() - begin_ > max_line_bytes && buffer_.find('\n', begin_) == std::string::npos;
}

}  // namespace pd::agent
