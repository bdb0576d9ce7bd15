#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "command/calling.h"
#include "command/listening.h"
#include "command/talking.h"
#include "connect/listener.h"
#include "session/announcer.h"
#include "session/seldom.h"
#include "session/switchboard.h"

namespace pd::command {

// Where others come in, for a program that waits for them: by signal and, where endpoints are published, over a port.
// It owns all that this takes, shows how it goes, and ends it in the right order. One thread.
class Reception final : session::Announcer::Watcher, call::Calls::Watcher {
 public:
  struct Parts {
    Talking& talk;
    session::Gatekeeper& gatekeeper;
    session::Channel::Shared shared;
    // Why somebody whom the gatekeeper would let in cannot come now; nothing when they can.
    std::function<std::optional<std::string>(const directory::VerifiedPeer&)> why_not;
    // Others can come now. Called once.
    std::function<void()> on_ready;
    // It cannot go on; it ends.
    std::function<void(std::exception_ptr)> on_failure;
  };

  // `given`: the endpoints of `options`. What `parts` refers to outlives it. Throws Failure: another program of this
  // home listens (AGT-3), or there is no such port.
  Reception(Parts parts, const ListenOptions& options, Endpoints given);

  // Begins. Talking::run() returns when it has ended.
  void start();
  // Says bye to everybody, and ends. Called once or more.
  void end();

  // As Calling::link_ended().
  void link_ended(const session::Ended& how) { calling_.link_ended(how); }

  // The sessions of those who have come.
  session::Switchboard& sessions() { return switchboard_; }

 private:
  Calling::Parts calling_parts();
  session::Switchboard::Parts switchboard_parts();
  session::Switchboard::Admit admit();
  Endpoints reachable_now() const { return listener_ ? reachable(*listener_, given_) : Endpoints(); }

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> run();
  void tell_problem();

  void published(const Endpoints& endpoints) override;
  void unpublished(const std::string& why) override;
  bool takes(const directory::VerifiedPeer& peer) override { return !ending_ && !parts_.why_not(peer); }
  void called(std::unique_ptr<connect::Link> link) override { switchboard_.join(std::move(link)); }
  void asked(const directory::VerifiedPeer& peer) override;
  void missed(const identity::Address& caller, const std::string& why) override;

  Parts parts_;
  const Endpoints given_;
  const directory::HomeLock only_;
  std::unique_ptr<connect::Listener> listener_;  // none: only calls are taken
  Calling calling_;
  session::Switchboard switchboard_;
  session::Announcer announcer_;
  session::Seldom refusals_{refusals_at_once, refusals_again};
  session::Seldom requests_{refusals_at_once, refusals_again};
  session::Seldom handshakes_{refusals_at_once, refusals_again};
  session::Wake gone_;  // all sessions have ended
  bool all_gone_ = false;
  bool ready_ = false;
  bool ending_ = false;
};

}  // namespace pd::command
