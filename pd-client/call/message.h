#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "identity/result.h"
#include "punch/description.h"

// What two devices tell each other about a call, sealed in signals (schema/spec/calling.md). Pure.
namespace pd::call {

using CallId = std::string;  // 32 lower-case hexadecimal digits

// Drawn at random. Throws as identity::random_bytes() does.
CallId new_call_id();

struct Offer {
  CallId call;
  punch::Description description;  // where the caller is
  bool operator==(const Offer&) const = default;
};
struct Answer {
  CallId call;
  punch::Description description;  // where the device that answers is
  bool operator==(const Answer&) const = default;
};
enum class Reason { busy, away };
struct Decline {
  CallId call;
  Reason reason;
  bool operator==(const Decline&) const = default;
};
struct Cancel {
  CallId call;
  bool operator==(const Cancel&) const = default;
};
struct AreYouHere {
  CallId call;
  bool operator==(const AreYouHere&) const = default;
};
struct IAmHere {
  CallId call;
  bool operator==(const IAmHere&) const = default;
};
using Message = std::variant<Offer, Answer, Decline, Cancel, AreYouHere, IAmHere>;

// Reads a message. Fails with malformed, unsupported or too_large (CALL-1 … CALL-5; REACH-* for the description).
identity::Result<Message> parse_message(std::string_view text);

// Writes one that parse_message() reads as the same. Fails with malformed or too_large where that would be refused.
identity::Result<std::string> write_message(const Message& message);

const CallId& call_of(const Message& message);

}  // namespace pd::call
