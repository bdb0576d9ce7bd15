#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

#include "call/message.h"
#include "call/outgoing_call.h"
#include "directory/peer.h"
#include "identity/address.h"

namespace pd::call {

// The questions whether somebody is there, which this program has asked a short time ago (CALL-25). Pure.
class Questions {
 public:
  static constexpr std::size_t most_open = 64;
  static constexpr std::chrono::seconds patience{10};

  // From now on an answer is waited for. False, and it is not, where too many are open.
  bool open(const CallId& question, directory::VerifiedPeer whom, Instant now);

  // Somebody who may still answer, as they were verified for the question.
  std::optional<directory::VerifiedPeer> asked(const identity::Address& address, Instant now) const;

  // A device of `from` says that it is there. Whether that is the first answer to an open question.
  bool answered(const CallId& question, const identity::Address& from, Instant now);

 private:
  struct Open {
    directory::VerifiedPeer whom;
    Instant until;
    bool answered;
  };

  std::map<CallId, Open> open_;
};

}  // namespace pd::call
