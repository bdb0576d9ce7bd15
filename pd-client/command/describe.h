#pragma once

#include <string>
#include <string_view>

#include "directory/peer.h"
#include "identity/json.h"
#include "identity/time.h"

namespace pd::command {

// "2026-01-31T12:00:00Z"
std::string time_text(identity::Time time);

// " (and 3 more since the last that was told)"; nothing for 0.
std::string unsaid_text(std::size_t unsaid);

// "active", "revoked" or "moved".
std::string_view standing(const directory::VerifiedPeer& peer);

// The members that every --json answer about a person has; the manual page lists them.
identity::Json describe(const directory::VerifiedPeer& peer);

// The same for people, several lines.
std::string describe_text(const directory::VerifiedPeer& peer);

// What the owner should be told before relying on `peer`: stale, unconfirmed, re-keyed, ended. On standard error, a
// line each.
void warn_about(const directory::VerifiedPeer& peer);

// The same of somebody of whom the agent has told.
struct Caveats {
  bool confirmed;
  bool stale;
  directory::Trust trust;
};
void warn_about(const identity::Address& who, const Caveats& caveats);

// Fails when `peer` has revoked or moved: there is nobody to verify, to call or to encrypt to.
void require_active(const directory::VerifiedPeer& peer);

// The same of the owner's own identity, in words for them.
void require_own_active(const directory::VerifiedPeer& self);

}  // namespace pd::command
