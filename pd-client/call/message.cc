#include "call/message.h"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

#include "identity/encoding.h"
#include "identity/json.h"
#include "identity/signal.h"

namespace pd::call {
namespace {

using identity::fail;
using identity::Json;
using identity::Result;

constexpr identity::JsonLimits message_limits{identity::max_signal_message, 6};
constexpr std::size_t id_bytes = 16;
constexpr std::size_t max_reason_bytes = 32;

bool is_id(std::string_view text) {
  return text.size() == 2 * id_bytes && std::all_of(text.begin(), text.end(), [](char digit) {
           return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
         });
}

template <class Described>
Result<Message> read_described(CallId call, const Json& json) {
  const auto object = identity::object_member(json, "description", "CALL-4");
  if (!object) return tl::unexpected(object.error());
  auto description = punch::Description::from_json(**object);
  if (!description) return tl::unexpected(description.error());
  return Described{std::move(call), *std::move(description)};
}

Result<Message> read_decline(CallId call, const Json& json) {
  const auto reason = identity::string_member(json, "reason", "CALL-5");
  if (!reason) return tl::unexpected(reason.error());
  if (reason->size() > max_reason_bytes) return fail(identity::Reason::too_large, "CALL-5", "the reason is too long");
  return Decline{std::move(call), *reason == "busy" ? Reason::busy : Reason::away};
}

Result<Message> read_kind(const std::string& kind, CallId call, const Json& json) {
  if (kind == "offer") return read_described<Offer>(std::move(call), json);
  if (kind == "answer") return read_described<Answer>(std::move(call), json);
  if (kind == "decline") return read_decline(std::move(call), json);
  if (kind == "cancel") return Cancel{std::move(call)};
  if (kind == "here?") return AreYouHere{std::move(call)};
  if (kind == "here") return IAmHere{std::move(call)};
  return fail(identity::Reason::unsupported, "CALL-2", "a message of a kind that is not known");
}

std::string_view kind_of(const Message& message) {
  constexpr std::string_view kinds[] = {"offer", "answer", "decline", "cancel", "here?", "here"};
  return kinds[message.index()];
}

// The members of one kind beside those of all.
Result<Json> members_of(const Message& message) {
  return std::visit(
      [](const auto& each) -> Result<Json> {
        Json json = Json::object();
        if constexpr (requires { each.description; }) {
          auto description = each.description.json();
          if (!description) return tl::unexpected(description.error());
          json["description"] = *std::move(description);
        }
        if constexpr (requires { each.reason; }) json["reason"] = each.reason == Reason::busy ? "busy" : "away";
        return json;
      },
      message);
}

}  // namespace

CallId new_call_id() {
  return identity::hex(identity::random_bytes(id_bytes));
}

Result<Message> parse_message(std::string_view text) {
  const auto json = identity::parse_object(text, message_limits);
  if (!json) return fail(json.error().reason, "CALL-1", json.error().message);
  const auto version = identity::integer_member(*json, "v", "CALL-1");
  if (!version) return tl::unexpected(version.error());
  if (*version != 1) return fail(identity::Reason::unsupported, "CALL-1", "a message of another version");
  const auto kind = identity::string_member(*json, "kind", "CALL-2");
  if (!kind) return tl::unexpected(kind.error());
  auto call = identity::string_member(*json, "call", "CALL-3");
  if (!call) return tl::unexpected(call.error());
  if (!is_id(*call)) return fail(identity::Reason::malformed, "CALL-3", "the id of a call is 32 hexadecimal digits");
  return read_kind(*kind, *std::move(call), *json);
}

Result<std::string> write_message(const Message& message) {
  auto json = members_of(message);
  if (!json) return tl::unexpected(json.error());
  (*json)["v"] = 1;
  (*json)["kind"] = kind_of(message);
  (*json)["call"] = call_of(message);
  auto text = json->dump();
  if (text.size() > message_limits.bytes)
    return fail(identity::Reason::too_large, "CALL-1", "the message is too large");
  return text;
}

const CallId& call_of(const Message& message) {
  return std::visit([](const auto& each) -> const CallId& { return each.call; }, message);
}

}  // namespace pd::call
