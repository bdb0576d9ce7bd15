#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "identity/result.h"
#include "identity/time.h"

namespace pd::directory {

// Where the time comes from. main() gives the real one; tests give theirs.
using Clock = std::function<identity::Time()>;

Clock system_clock();

// What kind of thing went wrong; the values are the exit status of pdctl.
enum class Kind {
  failed = 1,
  usage = 2,
  nobody = 3,       // no such identity
  unverified = 4,   // something that must be proven was not
  unreachable = 5,  // network or server
  refused = 6,      // by the policy of a server
};

// Why a command of pdctl cannot go on. what() and hint() are for the person at the terminal: they hold no secret.
class Failure : public std::runtime_error {
 public:
  Failure(Kind kind, const std::string& what, std::string hint = {})
      : std::runtime_error(what), kind_(kind), hint_(std::move(hint)) {}

  Kind kind() const { return kind_; }
  const std::string& hint() const { return hint_; }  // empty: nothing to advise

 private:
  Kind kind_;
  std::string hint_;
};

// "the statement has expired (STMT-6)".
std::string describe(const identity::Error& error);

// The value of `result`, or a Failure of that kind: "CONTEXT: what went wrong (RULE)".
template <class T>
T require(identity::Result<T> result, Kind kind, const std::string& context) {
  if (!result) throw Failure(kind, context + ": " + describe(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace pd::directory
