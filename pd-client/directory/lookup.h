#pragma once

#include <optional>

#include "directory/client.h"
#include "directory/failure.h"
#include "directory/lookup_failure.h"
#include "directory/peer.h"
#include "directory/pins.h"
#include "directory/transport.h"

namespace pd::directory {

// Who may notice that somebody is looked up.
enum class Asking {
  anybody,     // their domain, too
  own_server,  // nobody else: it tells what it has kept, and a domain that was never seen for itself stays unconfirmed
};

// Finds people and proves every answer: the one place where the directory's word becomes a VerifiedPeer.
//
// People are looked up through the owner's own server; without an account, at their own domain. Any thread; blocks the
// calling one. Every function throws Failure: unreachable, refused, nobody, or unverified: then what() says what
// changed and hint() how to accept it.
class Lookup {
 public:
  // `owner`: whose home this is; what goes wrong with their own address is told in words for them.
  Lookup(const Transport& transport, Pins& pins, std::optional<identity::Domain> own_domain, Clock clock,
         std::optional<identity::Address> owner = {});

  // Somebody, or nothing when their domain proves that nobody has that name. Remembers who was seen.
  std::optional<VerifiedPeer> find(const identity::Address& address) const;

  // As find(), but nobody is a Failure (nobody).
  VerifiedPeer require(const identity::Address& address, Asking asking = Asking::anybody) const;

  // Verifies an answer that came in another way (as the body of a PUT) exactly like find() does.
  std::optional<VerifiedPeer> accept(const identity::Resolution& resolution, const identity::Address& about,
                                     Asking asking = Asking::anybody) const;

  // The server of a domain, found by its descriptor: pinned, or fetched from the domain itself now.
  Client client_of(const identity::Domain& domain) const;

  identity::Time now() const { return clock_(); }

 private:
  struct TrustedDomain;
  Reader reader_about(const identity::Address& address) const;
  TrustedDomain trusted(const identity::Domain& domain, const identity::Json& passed_on, Asking asking) const;
  DomainPin keep(const identity::Descriptor& descriptor, bool confirmed) const;
  DomainPin fetched(const identity::Domain& domain) const;
  identity::Resolution ask(const identity::Domain& server, const identity::Address& address, Asking asking) const;
  identity::Resolution answer_of(const identity::Domain& server, const identity::Address& address, Asking asking) const;
  bool has_moved(const identity::Domain& domain) const;

  const Transport& transport_;
  Pins& pins_;
  std::optional<identity::Domain> own_domain_;
  Clock clock_;
  std::optional<identity::Address> owner_;
};

}  // namespace pd::directory
