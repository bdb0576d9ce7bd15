#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "call/message.h"
#include "connect/tls_context.h"
#include "directory/failure.h"
#include "directory/peer.h"
#include "identity/signal.h"
#include "session/gatekeeper.h"
#include "session/paces.h"
#include "session/people.h"
#include "session/workers.h"

namespace pd::call {

// A message whose sender is proven.
struct Received {
  directory::VerifiedPeer from;
  std::string device;  // key id of the one that sent it
  Message message;
};

// Reads what comes for this device: finds out who sent it, opens it, and drops all that is not as it must be (CALL-6,
// CALL-7). One thread.
class Inbox {
 public:
  struct Parts {
    session::Workers& workers;
    session::People& people;
    session::Gatekeeper& gatekeeper;
    std::shared_ptr<const connect::Credentials> self;
    directory::Clock clock;
  };
  // Somebody with whom a call is under way, or who may still answer a question, as they were verified for it.
  using InCall = std::function<std::optional<directory::VerifiedPeer>(const identity::Address&)>;

  Inbox(Parts parts, InCall in_call);

  // Nothing when it is to be dropped; nobody needs to know why. May be cancelled, then throws operation_aborted; throws
  // directory::Failure when the disk says no.
  boost::asio::awaitable<std::optional<Received>> read(std::string signal);

 private:
  bool is_for_us(const identity::Signal& signal) const;
  bool may_look_up(const identity::Address& sender);
  using Find = directory::VerifiedPeer (session::People::*)(const identity::Address&);
  boost::asio::awaitable<std::optional<directory::VerifiedPeer>> sender_of(identity::Address address);
  boost::asio::awaitable<std::optional<directory::VerifiedPeer>> look_up(identity::Address address, Find how);
  std::optional<Received> open(const identity::Signal& signal, const directory::VerifiedPeer& from);
  bool is_new(const identity::Signal& signal);

  Parts parts_;
  InCall in_call_;
  session::Paces known_;
  session::Paces strangers_;
  std::map<std::string, identity::Time> seen_;  // until when each signal is remembered (SGN-15)
};

}  // namespace pd::call
