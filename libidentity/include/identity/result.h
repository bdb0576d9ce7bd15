#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace pd::identity {

// What kind of thing went wrong. A caller decides by it; people read Error::message.
enum class Reason {
  malformed,      // not in the format at all
  unsupported,    // in the format, but of a version, algorithm or type that is not ours
  too_large,      // over a bound of the format
  bad_signature,  // the signature does not verify
  wrong_key,      // it verifies, but under a key that has no say here
  wrong_subject,  // genuine, but about another name, domain, device or request
  expired,        // no longer valid, or outside its time window
  not_yet_valid,  // dated in the future
  out_of_order,   // does not extend what is already known
  not_allowed,    // the rules forbid it in this state
  crypto,         // the crypto library failed (out of memory, no entropy, wrong passphrase)
};

// A failure. `rule` is the rule of schema/spec/ that was broken ("OP-7"), empty where no page has one.
struct Error {
  Reason reason;
  std::string rule;
  std::string message;

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Reason reason, std::string_view rule, std::string message) {
  return tl::unexpected(Error{reason, std::string(rule), std::move(message)});
}

}  // namespace pd::identity
