#pragma once

#include "directory/failure.h"
#include "directory/pins.h"
#include "identity/address.h"
#include "identity/descriptor.h"
#include "identity/resolution.h"

namespace pd::directory {

// What Lookup says when an answer names nobody, proves nothing, or contradicts what is remembered.

// Who the words are for: somebody who asks about others, or the person whose own address it is.
enum class Reader { other, owner };

// The absence is verified. `removed`: the domain says that it took the name away.
Failure nobody_there(const identity::Address& about, bool removed, Reader reader);

// A 404 without a signed absence (API-10). `pinned`: they were seen before.
Failure absence_unproven(const identity::Domain& server, const identity::Address& about, bool pinned);

// Another history than was pinned, or a part of it (PIN-1, PIN-2).
Failure person_changed(const ContactPin& pin, const identity::VerifiedIdentity& now, const identity::Error& error,
                       Reader reader);

// An absence, signed, of somebody who was pinned (PIN-3).
Failure person_denied(const ContactPin& pin, const identity::Error& error, Reader reader);

// A domain key that the pinned one did not sign.
Failure domain_changed(const identity::Domain& domain, const identity::Descriptor& pinned,
                       const identity::Descriptor& now);

}  // namespace pd::directory
