#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "call/calls.h"
#include "command/context.h"
#include "command/home_stream.h"
#include "command/talking.h"
#include "connect/network_watch.h"
#include "directory/lookup.h"
#include "gather/port_mapper.h"
#include "session/gatekeeper.h"
#include "session/reach.h"

namespace pd::command {

using gather::PortMapper;  // `gather` is something else in a class that has call::Paths

// The STUN servers of a domain, as its descriptor named them when it was last seen. Throws Failure.
std::vector<identity::StunServer> remembered_stun(Context& context, const identity::Domain& domain);

// The ways to other people and from them to us: the endpoints that they publish, else a call by signal (CALL-19); and
// the calls of others. One thread.
class Calling final : public session::Reach, call::Mailbox, call::Paths {
 public:
  struct Parts {
    Context& context;
    boost::asio::any_io_executor executor;
    session::Workers& workers;  // one of its threads is the stream's
    session::People& people;
    session::Gatekeeper& gatekeeper;
    std::shared_ptr<const connect::Credentials> self;
    bool listens;  // be there for others' calls from the beginning; otherwise from the first call of ours on
    session::PublishedEndpoints::OnDropped on_dropped;
    // Their endpoints lead nowhere, because …; they are called now, which takes a while.
    std::function<void(const std::string& why)> on_calling;
    // No call can come or be placed for the moment, because …; told once until that has changed.
    std::function<void(const std::string& why)> on_lost;
    // They can again.
    std::function<void()> on_open = [] {};
    // Links may be gone: this machine has other addresses, or has slept (SESS-25).
    std::function<void()> on_changed_network = [] {};
  };

  // What `parts` refers to and `watcher` outlive it.
  Calling(Parts parts, call::Calls::Watcher& watcher);

  // Has the stream of events from now on. Call it once, before the first link_to().
  void start();

  // Why there is no link is one sentence for people, and always unreachable unless it is final.
  boost::asio::awaitable<connect::Outcome<session::Reached>> link_to(directory::VerifiedPeer peer) override;

  // Whether what others answer comes here; waits while that may soon be so.
  boost::asio::awaitable<bool> hears() { return stream_.opens(); }
  // Asks a contact whether they are there, as call::Calls does: the watcher is told.
  boost::asio::awaitable<void> ask(directory::VerifiedPeer contact) { return calls_.ask(std::move(contact)); }

  // They have called us: the next link_to() them takes this link, if it comes soon.
  void keep(std::unique_ptr<connect::Link> link);

  // Why no call can come or be placed for the moment; empty while one can.
  std::string problem() const { return stream_.problem(); }

  // A link has ended in this way: when it is gone rather than closed, the stream may be too (EVT-8).
  void link_ended(const session::Ended& how);

  // Gives up what is under way, and returns when it is over: within about a second, even where the server keeps a
  // thread waiting. Every link_to() has ended before, or ends meanwhile.
  boost::asio::awaitable<void> stop();

 private:
  class ByCall final : public session::Reach {
   public:
    explicit ByCall(Calling& calling) : calling_(calling) {}
    boost::asio::awaitable<connect::Outcome<session::Reached>> link_to(directory::VerifiedPeer peer) override {
      return calling_.place_call(std::move(peer));
    }

   private:
    Calling& calling_;
  };
  struct Kept {
    std::unique_ptr<connect::Link> link;
    std::chrono::steady_clock::time_point until;
  };

  void post(const std::vector<std::string>& signals) override;
  boost::asio::awaitable<std::unique_ptr<call::Place>> gather() override;
  HomeStream::Parts stream_parts();
  boost::asio::awaitable<void> watch_network();
  boost::asio::awaitable<connect::Outcome<session::Reached>> place_call(directory::VerifiedPeer peer);
  std::unique_ptr<connect::Link> take_kept(const identity::Address& address);

  Parts parts_;
  const directory::Lookup& lookup_;
  session::PublishedEndpoints endpoints_;
  ByCall by_call_{*this};
  session::WithFallback ways_;
  std::optional<PortMapper> mapper_;  // none: the owner forbids it
  call::Calls calls_;
  HomeStream stream_;
  std::optional<Kept> kept_;
  std::optional<connect::NetworkWatch> network_;     // while watch_network() is under way
  std::chrono::steady_clock::time_point renewed_{};  // because a link was gone
  boost::asio::cancellation_signal cancel_watch_;
  session::Wake watch_ended_;
};

// The parts of a program that talks. It is told what was dropped, and nothing else.
Calling::Parts parts_of_calling(Talking& talk, session::Gatekeeper& gatekeeper, bool listens);

// Ends the calls and then the talking.
boost::asio::awaitable<void> hang_up(Calling& calling, Talking& talk);

// For programs that only call: whoever calls them is not answered, as if this device were off.
class TakesNoCalls final : public call::Calls::Watcher {
 public:
  bool takes(const directory::VerifiedPeer&) override { return false; }
  void called(std::unique_ptr<connect::Link>) override {}
  void asked(const directory::VerifiedPeer&) override {}
  void missed(const identity::Address&, const std::string&) override {}
};

}  // namespace pd::command
