#pragma once

#include <optional>

#include "directory/contact_policy.h"
#include "directory/contacts.h"
#include "directory/failure.h"
#include "directory/peer.h"
#include "session/history.h"

namespace pd::session {

// Decides about everybody who calls, however they come: the policy, what the owner has decided, and what is remembered
// of the caller, put together (CON-3, CON-4). One thread. Every function throws directory::Failure when the disk says
// no.
class Gatekeeper {
 public:
  // `policy`: instead of the owner's, as long as this object lives. The others outlive it.
  Gatekeeper(directory::Contacts& contacts, History& history, std::optional<directory::ContactPolicy> policy,
             directory::Clock clock);

  // What becomes of the call of somebody who has proven a device of theirs (CON-2). Keeps a request when they ask; over
  // the bounds of CON-7 they are ignored.
  directory::Verdict judge(const directory::VerifiedPeer& peer);

  bool is_contact(const directory::VerifiedPeer& peer);
  // The same of somebody whom nobody has looked up now; `acquainted`: they were named, or safety numbers compared.
  bool is_contact(const identity::Address& address, bool acquainted);
  // Whether judge() would let them in. Keeps nothing.
  bool lets_in(const directory::VerifiedPeer& peer);
  // By the address alone: whether the owner has accepted them or written to them.
  bool knows(const identity::Address& address);
  bool is_blocked(const identity::Address& address) const;

 private:
  directory::Verdict decide(const directory::VerifiedPeer& peer);
  directory::Relation relation(const directory::VerifiedPeer& peer);
  directory::Relation relation(const identity::Address& address, bool acquainted);

  directory::Contacts& contacts_;
  History& history_;
  std::optional<directory::ContactPolicy> policy_;
  directory::Clock clock_;
};

}  // namespace pd::session
