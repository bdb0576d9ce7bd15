#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "directory/peer.h"
#include "identity/certificate.h"
#include "identity/time.h"
#include "session/paces.h"

namespace pd::session {

// What to do with somebody who claims to be a person, before the directory is asked (SESS-24): anybody can make a
// certificate for any address, and who asks for each of them has soon used up the right to ask at all. One thread.
class Claims {
 public:
  using Instant = Paces::Instant;
  enum class Verdict {
    ask,     // the directory; it has been counted
    known,   // too much was asked, but they were verified a short time ago: known()
    denied,  // the directory was asked a short time ago, and denied it: why()
    busy,    // too much was asked
  };

  Claims();

  // What to do with a `claim` from `origin`, an IP address or the prefix that counts for one.
  Verdict judge(const identity::PeerClaim& claim, const std::string& origin, Instant now, identity::Time time);
  // Of the claim that was judged `known`, and of the one that was judged `denied`.
  const directory::VerifiedPeer& known(const identity::PeerClaim& claim) const;
  const std::string& why(const identity::PeerClaim& claim) const;

  // What the directory said: it is true, or why it is not.
  void remember(const identity::PeerClaim& claim, const directory::VerifiedPeer& peer, Instant now);
  void remember(const identity::PeerClaim& claim, const std::string& why, Instant now);

 private:
  using Id = std::pair<identity::Address, identity::PublicKey>;
  template <class T>
  struct Remembered {
    T what;
    Instant until;
  };
  template <class T>
  using Memory = std::map<Id, Remembered<T>>;

  static Id id_of(const identity::PeerClaim& claim) { return {claim.address, claim.key}; }
  Memory<directory::VerifiedPeer> true_;
  Memory<std::string> false_;
  Paces asked_;  // by origin
};

}  // namespace pd::session
