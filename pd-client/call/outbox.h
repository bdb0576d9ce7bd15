#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "call/outgoing_call.h"
#include "call/ports.h"
#include "connect/tls_context.h"
#include "directory/failure.h"
#include "directory/peer.h"
#include "session/workers.h"

namespace pd::call {

// Seals messages to the devices of one person and hands them in. One thread.
class Outbox {
 public:
  struct Parts {
    session::Workers& workers;
    Mailbox& mailbox;
    std::shared_ptr<const connect::Credentials> self;
    directory::Clock clock;
  };
  explicit Outbox(Parts parts) : parts_(std::move(parts)) {}

  // All at once, in as few requests of at most 8 as it takes (CALL-10); nothing when there is nothing to send. A device
  // that `to` does not have is left out. Throws directory::Failure; operation_aborted when it was cancelled.
  boost::asio::awaitable<void> send(directory::VerifiedPeer to, std::vector<SendTo> messages);

 private:
  std::vector<std::string> seal(const directory::VerifiedPeer& to, const std::vector<SendTo>& messages) const;

  Parts parts_;
};

}  // namespace pd::call
