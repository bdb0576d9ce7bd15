#pragma once

#include "command/calling.h"
#include "command/talking.h"
#include "doctor/state.h"

namespace pd::command {

// One attempt to reach somebody as `chat` does, by their endpoints or a call (CALL-19), and no conversation.
class Trial {
 public:
  // Throws Failure: the disk says no.
  explicit Trial(Context& context);

  // Blocks until there is a link, which is closed at once, until it is known why there is none, or until Ctrl+C. Call
  // it once.
  doctor::Attempt reach(const directory::VerifiedPeer& peer);

  // As Talking::leave().
  int leave(int status) { return talk_.leave(status); }

 private:
  Talking talk_;
  TakesNoCalls takes_no_calls_;
  session::Gatekeeper gatekeeper_;
  Calling calling_;
};

}  // namespace pd::command
