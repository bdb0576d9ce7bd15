#pragma once

#include <string>
#include <utility>

#include "identity/resolution.h"

namespace pd::directory {

// What its owner remembers of a contact, beyond what the directory says.
enum class Trust {
  seen,      // the directory vouches for them, nothing more
  verified,  // their safety number was compared, and the identity key is still the one that was compared
  rekeyed,   // compared once; the identity key has changed since, properly signed
};

// Somebody whose keys may be relied upon: the domain vouches for them, the history is sound, and neither contradicts
// what was remembered. Only Lookup makes one, so that an unverified connection does not compile.
class VerifiedPeer {
 public:
  const identity::Address& address() const { return identity_.address(); }
  const identity::VerifiedIdentity& identity() const { return identity_; }
  const identity::IdentityState& state() const { return identity_.state(); }

  // False: the domain's key came from our own server alone and still has to be seen at the domain itself.
  bool confirmed() const { return confirmed_; }
  // True: the home server could not be asked; this is its last word, still valid.
  bool stale() const { return stale_; }
  Trust trust() const { return trust_; }
  // The name that the owner gave this contact, or empty.
  const std::string& name() const { return name_; }

 private:
  friend class Lookup;
  VerifiedPeer(identity::VerifiedIdentity identity, bool confirmed, bool stale, Trust trust, std::string name)
      : identity_(std::move(identity)), confirmed_(confirmed), stale_(stale), trust_(trust), name_(std::move(name)) {}

  identity::VerifiedIdentity identity_;
  bool confirmed_;
  bool stale_;
  Trust trust_;
  std::string name_;
};

}  // namespace pd::directory
