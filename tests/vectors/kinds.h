#pragma once

#include <span>
#include <string>
#include <string_view>

#include "identity/json.h"
#include "identity/result.h"

namespace pd::vectors {

using identity::Json;
using identity::Result;

// How the vectors of schema/vectors/NAME/ are read: `run` does with a vector's "input" what the library does, and
// returns what must equal its "output", or the failure whose rule must be its "rule".
struct Kind {
  std::string_view name;
  Result<Json> (*run)(const Json& input);
};

inline std::string text(const Json& input, const char* name) {
  return input.at(name).get<std::string>();
}

// One table for each group of formats, each in its own file; main.cc puts them together.
std::span<const Kind> agent_kinds();      // what programs ask the agent for
std::span<const Kind> base_kinds();       // addresses, keys, recovery words, safety numbers
std::span<const Kind> call_kinds();       // what is sealed in signals
std::span<const Kind> chain_kinds();      // operations, histories and what vouches for them
std::span<const Kind> file_kinds();       // files that one client sends to another
std::span<const Kind> reach_kinds();      // where two devices are, and how they find each other
std::span<const Kind> session_kinds();    // what two clients say to each other
std::span<const Kind> signature_kinds();  // JWS, request signatures, certificates
std::span<const Kind> stun_answer_kinds();
std::span<const Kind> stun_request_kinds();

}  // namespace pd::vectors
