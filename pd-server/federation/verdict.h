#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "federation/cache.h"
#include "federation/flights.h"
#include "federation/remote.h"

namespace pd::federation {

// What was verified of a name before; none of it may be taken back.
struct Before {
  std::shared_ptr<const Cached> cached;  // null: not in memory
  std::string stored;                    // the resolution in the store, as JSON; empty: nothing there
  identity::Time kept{};                 // when the store last got it

  bool known() const { return cached != nullptr || !stored.empty(); }
};

struct Claim {
  identity::Address about;
  identity::Descriptor home;  // of its domain, verified
  Before before;
  identity::Time now;
};

// A home server's answer that holds.
struct Judged {
  std::shared_ptr<RemoteResolution> answer;   // fresh_until is for the caller to set
  identity::Time expires;                     // of the statement, or of the descriptor in it if that is earlier
  std::optional<identity::Descriptor> newer;  // the home's descriptor, where the answer brought a later one
  bool grown = true;                          // not what was seen before, to the last operation
};

// Verifies what the home server sent (FED-10): the domain keys continue those we know, the statement and the history
// are what verify_resolution() demands, and the history continues the one seen before. Fails with lying or key_changed.
// Pure; slow, for it checks a signature for each operation.
Outcome<Judged> judge(const Claim& claim, const std::string& body);

// The answer that the store kept, verified once more. Fails with lying when it does not hold any more.
Outcome<Judged> judge_stored(const Claim& claim);

// The same answer with "stale": true.
std::shared_ptr<RemoteResolution> mark_stale(const RemoteResolution& answer, identity::Time now);

}  // namespace pd::federation
