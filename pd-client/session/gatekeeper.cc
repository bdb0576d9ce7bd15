#include "session/gatekeeper.h"

#include <utility>

namespace pd::session {

using directory::Verdict;

Gatekeeper::Gatekeeper(directory::Contacts& contacts, History& history, std::optional<directory::ContactPolicy> policy,
                       directory::Clock clock)
    : contacts_(contacts), history_(history), policy_(policy), clock_(std::move(clock)) {}

Verdict Gatekeeper::decide(const directory::VerifiedPeer& peer) {
  return directory::decide(policy_ ? *policy_ : contacts_.policy(), relation(peer));
}

bool Gatekeeper::lets_in(const directory::VerifiedPeer& peer) {
  return decide(peer) == Verdict::let_in;
}

Verdict Gatekeeper::judge(const directory::VerifiedPeer& peer) {
  const auto verdict = decide(peer);
  if (verdict == Verdict::ask && contacts_.ask(peer, clock_()) == directory::Contacts::Asked::ignored) {
    return Verdict::ignore;
  }
  return verdict;
}

bool Gatekeeper::is_contact(const directory::VerifiedPeer& peer) {
  return relation(peer).is_contact();
}

bool Gatekeeper::is_contact(const identity::Address& address, bool acquainted) {
  return relation(address, acquainted).is_contact();
}

bool Gatekeeper::knows(const identity::Address& address) {
  return contacts_.decision(address, clock_()) == directory::Decision::accepted || history_.wrote_to(address);
}

bool Gatekeeper::is_blocked(const identity::Address& address) const {
  return contacts_.decision(address, clock_()) == directory::Decision::blocked;
}

directory::Relation Gatekeeper::relation(const directory::VerifiedPeer& peer) {
  return relation(peer.address(), !peer.name().empty() || peer.trust() != directory::Trust::seen);
}

directory::Relation Gatekeeper::relation(const identity::Address& address, bool acquainted) {
  return {contacts_.decision(address, clock_()), acquainted || history_.wrote_to(address)};
}

}  // namespace pd::session
