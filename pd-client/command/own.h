#pragma once

#include "command/context.h"
#include "directory/home.h"
#include "directory/peer.h"

namespace pd::command {

// The owner about to change their own identity: nobody else changes the keys of this home meanwhile, and what the
// directory says of the owner now has been verified.
struct Own {
  directory::HomeLock lock;
  directory::VerifiedPeer current;
};

// Throws Failure: no account, another pdctl at work, or as Lookup::require() does. Finishes a rotation whose
// acknowledgement was lost; Failure when another change of keys was left unfinished and is in force.
Own open_own(Context& context);

}  // namespace pd::command
