#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace pd::connect {

// Why there is no link. By it the caller decides whether to try again.
enum class Cause {
  unreachable,  // nobody answered there, or not in time: later it may work
  wrong_key,    // whoever answered is not who they should be: final (SESS-3)
  busy,         // we hold as many connections as we may (SESS-5)
};

struct NoLink {
  Cause cause;
  std::string message;  // for people
};

template <class T>
using Outcome = tl::expected<T, NoLink>;

inline tl::unexpected<NoLink> no_link(Cause cause, std::string message) {
  return tl::unexpected(NoLink{cause, std::move(message)});
}

}  // namespace pd::connect
