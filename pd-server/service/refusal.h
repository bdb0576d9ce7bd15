#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "identity/result.h"
#include "identity/time.h"

namespace pd::service {

// Why the rules say no. Each kind is one problem type outside (api/problem.cc).
enum class Refused {
  malformed,              // an address, a header or a parameter that cannot be read
  wrong_domain,           // a name of another domain, where only one of ours will do
  nobody,                 // nobody has that name
  unsigned_request,       // a signature is needed
  bad_request_signature,  // there is one, and it proves nothing
  challenge_unknown,      // not one of ours, or from before the server started
  challenge_expired,
  challenge_used,
  bad_record,  // an operation or endpoint record that breaks a rule; cause() says which
  registration_closed,
  invite_required,
  invite_unknown,  // or spent, or expired
  name_taken,
  name_reserved,
  name_tombstoned,
  conflict,         // changed by somebody else again and again while we looked
  policy,           // our trust policy refuses the domain that asks
  device_removed,   // not a device of that person now
  signal_replayed,  // the same signal was taken before
  rate_limited,
  busy,  // a bounded table is full
};

// A request that was understood and is refused. what() may be shown to whoever asked.
class Refusal : public std::runtime_error {
 public:
  Refusal(Refused why, std::string detail) : std::runtime_error(std::move(detail)), why_(why) {}
  Refusal(Refused why, identity::Error cause)
      : std::runtime_error(cause.message), why_(why), cause_(std::move(cause)) {}

  // Refused for now: try again after `wait`, rounded up to whole seconds.
  static Refusal for_now(Refused why, std::string detail, std::chrono::nanoseconds wait);

  Refused why() const { return why_; }
  const std::optional<identity::Error>& cause() const { return cause_; }
  std::optional<identity::Seconds> retry_after() const { return retry_after_; }

 private:
  Refused why_;
  std::optional<identity::Error> cause_;
  std::optional<identity::Seconds> retry_after_;
};

// A record that breaks a rule of schema/spec.
Refusal broken(identity::Reason reason, std::string_view rule, std::string message);

// The value of `result`, or a Refusal with its error as the cause.
template <class T>
T value_or_refuse(identity::Result<T> result, Refused why) {
  if (!result) throw Refusal(why, std::move(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace pd::service
