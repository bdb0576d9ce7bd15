#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "agent/shared_stream.h"
#include "call/calls.h"
#include "command/context.h"
#include "command/talking.h"
#include "connect/network_watch.h"
#include "directory/event_stream.h"
#include "directory/home.h"
#include "directory/lookup.h"
#include "gather/port_mapper.h"
#include "session/gatekeeper.h"
#include "session/reach.h"

namespace pd::command {

using gather::PortMapper;  // `gather` is something else in a class that has call::Paths

// The ways to other people and from them to us: the endpoints that they publish, else a call by signal (CALL-19); and
// the calls of others. It holds this device's stream of events, or hears it through the process of the same home that
// does (CALL-20 … CALL-23). One thread.
class Calling final : public session::Reach, call::Mailbox, call::Paths, agent::StreamHearer {
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
  ~Calling() override;

  // Has the stream from now on, through whoever of this home holds it. Call it once, before the first link_to().
  void start();

  // Why there is no link is one sentence for people, and always unreachable unless it is final.
  boost::asio::awaitable<connect::Outcome<session::Reached>> link_to(directory::VerifiedPeer peer) override;

  // They have called us: the next link_to() them takes this link, if it comes soon.
  void keep(std::unique_ptr<connect::Link> link);

  // Why no call can come or be placed for the moment; empty while one can.
  std::string problem() const { return failing_ ? why_lost_ : std::string(); }

  // A link has ended in this way: when it is gone rather than closed, the stream may be too (EVT-8).
  void link_ended(const session::Ended& how);

  // Gives up what is under way, and returns when it is over: within about a second, even where the server keeps a
  // thread waiting. Every link_to() has ended before, or ends meanwhile.
  boost::asio::awaitable<void> stop();

 private:
  class Stream;
  class Waiting;
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

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> hold_stream();
  boost::asio::awaitable<void> watch_network();
  boost::asio::awaitable<void> hear_of_stream();
  void heard_open() override { opened(); }
  void heard_lost(const std::string& why) override { lost(why); }
  void heard_signal(const std::string& signal) override { calls_.receive(signal, call::Calls::Interest::own_calls); }

  boost::asio::awaitable<connect::Outcome<session::Reached>> place_call(directory::VerifiedPeer peer);
  boost::asio::awaitable<bool> stream_opens();
  std::unique_ptr<connect::Link> take_kept(const identity::Address& address);
  void renew_stream();
  bool take_lock();
  std::filesystem::path calls_socket() const;
  void take(const std::string& signal);
  void opened();
  void lost(const std::string& why);
  void tell_waiting();

  Parts parts_;
  const directory::Lookup& lookup_;
  session::PublishedEndpoints endpoints_;
  ByCall by_call_{*this};
  session::WithFallback ways_;
  std::optional<PortMapper> mapper_;  // none: the owner forbids it
  call::Calls calls_;
  std::optional<directory::HomeLock> lock_;  // while the stream is ours
  std::optional<agent::StreamSharer> sharer_;
  std::shared_ptr<Stream> stream_;
  std::shared_ptr<directory::EventStream> events_;  // while the stream is ours
  std::stop_source stop_;
  std::optional<Kept> kept_;
  std::list<session::Wake*> waiting_;                // for the stream to open
  std::optional<connect::NetworkWatch> network_;     // while watch_network() runs
  std::chrono::steady_clock::time_point renewed_{};  // because a link was gone
  std::string why_lost_ = "your server does not answer";
  bool needed_;  // the stream is
  bool open_ = false;
  bool failing_ = false;  // and that was told
  bool over_ = true;      // run() is not under way
  bool stopping_ = false;
  boost::asio::cancellation_signal cancel_run_;
  boost::asio::cancellation_signal cancel_watch_;
  session::Wake retry_;
  session::Wake ended_;
};

// The parts of a program that talks; nothing is told.
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
