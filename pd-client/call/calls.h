#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "call/inbox.h"
#include "call/incoming_calls.h"
#include "call/outbox.h"
#include "call/outgoing_call.h"
#include "call/ports.h"
#include "call/questions.h"
#include "call/unanswered_offers.h"
#include "session/paces.h"
#include "session/reach.h"
#include "session/wake.h"

namespace pd::call {

// Places calls and answers them (schema/spec/calling.md): from a signal to a link. One thread.
class Calls final : public session::Reach {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    session::Workers& workers;
    session::People& people;
    session::Gatekeeper& gatekeeper;
    Mailbox& mailbox;
    Paths& paths;
    std::shared_ptr<const connect::Credentials> self;
    directory::Clock clock;
  };
  // Told of the calls of others.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // Whether this program takes a call of somebody who is let in, unless they and the owner call each other at the
    // same moment (CALL-16). If not, it is as if the device were off.
    virtual bool takes(const directory::VerifiedPeer&) { return true; }
    // Somebody who is let in has called, and is there: they are the dialler of the session (CALL-15).
    virtual void called(std::unique_ptr<connect::Link> link) = 0;
    // Somebody has called whom the owner would have to accept first (CON-6).
    virtual void asked(const directory::VerifiedPeer& peer) = 0;
    // Somebody who is let in has called, and there is no link, because …
    virtual void missed(const identity::Address& caller, const std::string& why) = 0;
    // Somebody says that they are there, since ask() has asked them.
    virtual void here(const identity::Address&) {}
  };

  // `watcher` and what `parts` refers to outlive it. It outlives its coroutines: shut_down() before it goes.
  Calls(Parts parts, Watcher& watcher);

  using Reached = session::Reached;
  // Calls. Fails with unreachable, and says why for people; with busy where they are being called already; with
  // wrong_key, which is final, as the race does. Throws directory::Failure when the own server refuses or the machine
  // has no network. May be cancelled (terminal): then the callee's devices are told, and it throws operation_aborted.
  boost::asio::awaitable<connect::Outcome<Reached>> link_to(directory::VerifiedPeer callee) override;

  // Asks a contact, on all their devices, whether they are there (CALL-18), and returns when that is on its way. Nobody
  // else is asked, and nobody while too many questions are open. Throws directory::Failure when the own server refuses.
  // May be cancelled, then throws operation_aborted; shut_down() does not wait for it.
  boost::asio::awaitable<void> ask(directory::VerifiedPeer contact);

  // What this program looks at of what comes for its device (CALL-23).
  enum class Interest { everything, own_calls };

  // A signal has come for this device.
  void receive(std::string signal, Interest interest = Interest::everything);

  // Takes nothing any more and gives up what is under way, and what was to be told to others when `patience` is over.
  // Returns when nothing of it is left, link_to() included, which its callers end.
  boost::asio::awaitable<void> shut_down(std::chrono::milliseconds patience);

 private:
  // One of ours, while link_to() runs.
  struct Placed {
    Placed(const boost::asio::any_io_executor& executor, directory::VerifiedPeer peer);
    directory::VerifiedPeer callee;
    OutgoingCall call;
    std::optional<punch::Description> remote;  // of the device that has answered
    std::string why;                           // there is none
    bool yielded = false;                      // for a call of theirs
    std::optional<LinkOutcome> instead;        // what became of that one
    session::Wake changed;
  };
  // One of theirs that was taken.
  struct Taken {
    directory::VerifiedPeer peer;
    CallId call;
    boost::asio::cancellation_signal* cancel;
  };
  class Leaving;
  class Reading;
  using Tasks = std::list<boost::asio::cancellation_signal>;

  std::optional<directory::VerifiedPeer> in_call(const identity::Address& address) const;
  bool is_called_by(const identity::Address& address) const;
  Placed* placed_to(const identity::Address& address);
  Placed* open_call_to(const identity::Address& address);
  void apply(Placed& placed, const Effects& effects);
  boost::asio::awaitable<connect::Outcome<Reached>> carry_out(Placed& placed, Place& place);
  boost::asio::awaitable<connect::Outcome<Reached>> wait_for_theirs(Placed& placed);

  void spawn(std::function<boost::asio::awaitable<void>()> work);
  void start(Tasks::iterator task, std::function<boost::asio::awaitable<void>()> work);
  void send_later(const directory::VerifiedPeer& to, std::vector<SendTo> messages);
  boost::asio::awaitable<void> send_quietly(directory::VerifiedPeer to, std::vector<SendTo> messages);

  // calls_received.cc
  boost::asio::awaitable<void> read(std::string signal, Interest interest);
  void handle(const Received& received);
  void handle_reply(const Received& received);
  void handle_offer(const Received& received, const Offer& offer);
  void take_unanswered(const directory::VerifiedPeer& callee);
  void take(const Received& received, const Offer& offer);
  boost::asio::awaitable<void> answer(Received received);
  boost::asio::awaitable<LinkOutcome> find_caller(const Received& received, const Offer& offer);
  void give_up(const Caller& caller, const CallId& call);

  Parts parts_;
  Watcher& watcher_;
  Inbox inbox_;
  Outbox outbox_;
  std::list<Placed> placed_;
  IncomingCalls incoming_;
  Questions questions_;
  session::Paces presence_;  // of answers to others' questions
  UnansweredOffers unanswered_;
  std::map<Caller, Taken> taken_;
  Tasks tasks_;
  std::size_t reading_ = 0;
  bool closing_ = false;
  session::Wake idle_;
};

}  // namespace pd::call
