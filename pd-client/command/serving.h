#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "agent/hub.h"
#include "agent/log.h"
#include "agent/methods.h"
#include "agent/server.h"
#include "command/calling.h"
#include "command/context.h"
#include "command/downloads.h"
#include "command/listening.h"
#include "command/people.h"
#include "command/presence.h"
#include "session/announcer.h"
#include "session/seldom.h"

namespace pd::command {

// The agent at work: owns the hub, the socket and, where it takes calls, the port; ends them in reverse order.
class Serving final : session::Announcer::Watcher, call::Calls::Watcher {
 public:
  struct Options {
    ListenOptions listen;
    DownloadOptions downloads;
    // Publish nothing, and take calls from those alone whom AGT-22 names.
    bool no_listen = false;
  };

  // Listens on its socket when this returns. Throws Failure: no account, another one at work in this home (AGT-3), the
  // disk or the network says no.
  Serving(Context& context, const Options& options, agent::Log& log);

  // Works until it is stopped, by a signal or by a client. Returns the exit status; does not return where a thread
  // still waits for the directory: what there is to keep has been kept, so the process ends.
  int run();

 private:
  agent::Hub::Parts hub_parts();
  agent::Methods::Parts method_parts();
  void tell(const agent::Event& event);
  agent::Json status() const;
  Calling::Parts calling_parts(bool listens);
  Downloads::Parts download_parts(const DownloadOptions& options);
  Presence::Parts presence_parts();
  void log_files(const agent::Event& event);
  void begin(boost::asio::awaitable<void> part);
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> announce();
  void wait_for_signal();
  boost::asio::awaitable<void> wind_down();
  void end();

  bool takes(const directory::VerifiedPeer& peer) override;
  void called(std::unique_ptr<connect::Link> link) override { hub_.join(std::move(link)); }
  void asked(const directory::VerifiedPeer& peer) override;
  void missed(const identity::Address& caller, const std::string& why) override;
  void here(const identity::Address& who) override { presence_.said_here(who); }
  void published(const Endpoints& endpoints) override;
  void unpublished(const std::string& why) override;

  Context& context_;
  agent::Log& log_;
  const Endpoints given_;
  const identity::Time since_;
  const std::shared_ptr<const connect::Credentials> self_;
  const directory::HomeLock only_;
  boost::asio::io_context io_{1};
  agent::Server server_;  // early: who finds the lock taken looks for the socket next
  boost::asio::signal_set signals_;
  session::History history_;
  DirectoryPeople people_;
  session::Workers workers_;
  session::Gatekeeper gatekeeper_;
  Downloads downloads_;
  Calling calling_;
  session::Allowance allowance_;
  session::Seldom refusals_{refusals_at_once, refusals_again};
  session::Seldom requests_{refusals_at_once, refusals_again};
  session::Seldom handshakes_{refusals_at_once, refusals_again};
  session::Seldom missed_{refusals_at_once, refusals_again};
  agent::Hub hub_;
  Presence presence_;
  agent::Methods methods_;
  const bool takes_all_;                         // who are let in
  std::unique_ptr<connect::Listener> listener_;  // none: no endpoint is published
  std::optional<session::Announcer> announcer_;
  session::Wake pause_;  // before the next attempt to publish
  Endpoints published_;
  std::string problem_;  // with publishing
  bool ending_ = false;
  std::exception_ptr failure_;
};

}  // namespace pd::command
