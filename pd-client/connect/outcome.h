#pragma once

#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace pd::connect {

// Why there is no link. By it the caller decides whether to try again.
enum class Cause {
  unreachable,  // nobody answered there, or not in time: later it may work
  wrong_key,    // whoever answered is not who they should be: final (SESS-3)
  busy,         // we hold as many connections as we may (SESS-5)
};

// One way that was tried, and why it failed; for people.
struct Way {
  std::string name;
  std::string failure;
};

struct NoLink {
  Cause cause;
  std::string message;    // what it means; for people
  std::string help = {};  // what would help; may be empty
  std::vector<Way> ways = {};

  // Both in one.
  std::string text() const { return help.empty() ? message : message + " " + help; }
};

template <class T>
using Outcome = tl::expected<T, NoLink>;

inline tl::unexpected<NoLink> no_link(Cause cause, std::string message) {
  return tl::unexpected(NoLink{cause, std::move(message), {}, {}});
}

}  // namespace pd::connect
