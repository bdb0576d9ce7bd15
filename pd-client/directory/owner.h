#pragma once

#include <optional>
#include <string>

#include "directory/home.h"
#include "directory/lookup.h"
#include "directory/peer.h"
#include "directory/pending.h"
#include "identity/history.h"
#include "identity/key.h"
#include "identity/operation.h"

namespace pd::directory {

// What an owner does to their own identity: a signed operation, sent to the home server, and its answer verified.

enum class SignedBy { identity_key, recovery_key };

// The body of an operation on top of `previous`, with its state, ready to be changed. Its time is `now`, but never
// before the newest of the history (HIST-4: time does not run backwards).
identity::OperationBody following(const identity::History& history, const identity::Operation& previous,
                                  identity::OperationKind kind, identity::Time now);

// Signs `body` with `key`, sends it, and returns the identity as the server now vouches for it: with this operation as
// head. Throws Failure as Client and Lookup do; unverified when the server acknowledged and yet gives another head.
VerifiedPeer submit(const Lookup& lookup, const identity::OperationBody& body, const identity::PrivateKey& key,
                    SignedBy by, const std::optional<std::string>& invite = {});

// As submit(), for an operation that brings the keys of `pending` into force: forgets them when the refusal is final.
// They are kept when nobody knows whether the server took them; finish() them once they have been shown.
VerifiedPeer submit_pending(const Lookup& lookup, const Home& home, const Pending& pending,
                            const identity::OperationBody& body, const identity::PrivateKey& key, SignedBy by,
                            const std::optional<std::string>& invite = {});

// The newest operation on which a holder of that recovery key may build: in force now or undone by nobody, not an end,
// and with the key among its recovery keys. None when the key never had a say. What comes after it is undone by the
// recovery.
const identity::Operation* recoverable(const identity::History& history, const identity::Hash& recovery_key);

}  // namespace pd::directory
