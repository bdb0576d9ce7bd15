#pragma once

#include "identity/json.h"
#include "identity/operation.h"
#include "identity/result.h"

namespace pd::identity {

// The members of an operation's payload that make up the state (OP-4, OP-8 … OP-12), read and checked.
Result<IdentityState> read_state(const Json& payload);

// Adds them to `payload`. `state` has passed check_state().
void write_state(const IdentityState& state, Json& payload);

// The bounds and the uniqueness of OP-9 … OP-12, for a state that was not read but made.
Result<void> check_state(const IdentityState& state);

}  // namespace pd::identity
