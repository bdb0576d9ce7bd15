#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "agent/call.h"
#include "agent/events.h"
#include "connect/listener.h"
#include "session/history.h"
#include "session/people.h"
#include "session/reach.h"
#include "session/switchboard.h"
#include "session/wake.h"
#include "session/workers.h"

namespace pd::agent {

// AGT-19. Tests make the times shorter.
struct HubTimes {
  std::chrono::milliseconds first_retry{1'000};
  std::chrono::milliseconds after_failure{10 * 60'000};
  std::chrono::milliseconds idle{60'000};       // how long a link is kept that nobody wants
  std::chrono::milliseconds turn{2 * 60'000};   // how long one calls in vain while others wait
  std::chrono::milliseconds settle{15'000};     // how long a second link may be under way (AGT-20)
  std::chrono::milliseconds impatience{5'000};  // after that a call in vain begins anew for who opens the conversation
  std::chrono::milliseconds check{30'000};      // do other processes have something waiting?
  std::size_t calls = 64;
};

// The conversations of one person: whom to call and when, who has called, what waits (AGT-19, AGT-20). It stands on
// sessions and knows no client. One thread.
class Hub final : session::Observer {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    session::Workers& workers;
    session::People& people;
    session::Reach& reach;
    session::History& history;
    directory::Clock clock;
    session::Allowance& allowance;
    session::Switchboard::Admit admit;
    session::Switchboard::OnRefused on_refused;
    identity::Address self;
    std::vector<session::Feature*> features = {};  // what sessions can do beside messages; they outlive the hub
  };
  using OnEvent = std::function<void(const Event&)>;

  // What is known of somebody now.
  struct Standing {
    std::optional<Connected> link;  // nothing: there is none
    std::size_t waiting;
    std::string reason;  // why the last attempt to reach them failed; empty: it did not
  };

  Hub(Parts parts, OnEvent on_event, HubTimes times = {});
  ~Hub() override;

  // Works until shut_down(). Call it once. Throws directory::Failure when the disk says no.
  boost::asio::awaitable<void> run();

  // Stores a message to somebody, and sends it when they can be reached. `text` satisfies check_text(). Throws
  // directory::Failure.
  session::Entry send(const identity::Address& to, const std::string& text);

  // Somebody looks at the conversation, and ceases to; as often.
  void open(const identity::Address& with);
  void close(const identity::Address& with);

  // Somebody has dialled us.
  void answer(connect::UnverifiedLink link) { switchboard_.answer(std::move(link)); }
  // Somebody has called us, and was let in (CALL-15).
  void join(std::unique_ptr<connect::Link> link) { switchboard_.join(std::move(link)); }

  // Any link may be gone, and what failed may work now (SESS-25).
  void probe();
  // Calls are possible again: who waits for the next attempt to be called does not wait any longer (CALL-24).
  void hurry();

  // Whether there is a reason for a link to them now (AGT-19, AGT-22).
  bool wants(const identity::Address& address) const;

  std::vector<identity::Address> connected() const;
  Standing standing(const identity::Address& with);
  // How many links there are with somebody.
  std::size_t links(const identity::Address& with) const;

  // Says bye to everybody, calls nobody any more, and returns when all are gone and run() has returned.
  boost::asio::awaitable<void> shut_down();

 private:
  using Clock = std::chrono::steady_clock;
  using Instant = Clock::time_point;

  struct Person {
    std::size_t viewers = 0;        // that look at the conversation
    std::size_t waiting = 0;        // messages for them
    std::size_t channels = 0;       // open ones
    std::optional<Connected> link;  // while there are channels: the newest
    std::shared_ptr<Call> call;
    std::string reason;  // of the last attempt in vain
    Instant wanted;      // when there last was a reason for a link
    Instant called;      // when the call began, or the last one
    Instant linked;      // when there was first another channel than the call's
    Instant not_before;  // no new call until then

    bool is_wanted() const { return viewers > 0 || waiting > 0; }
    bool idle() const { return !is_wanted() && channels == 0 && !call; }
    std::size_t channels_of_theirs() const { return channels - (call && call->connected() ? 1 : 0); }
  };
  using People = std::map<identity::Address, Person>;

  boost::asio::awaitable<void> work();
  session::Channel::Shared shared();
  void look_for_waiting();
  void wake(Person& person);
  void reconsider();
  void end_unwanted(const identity::Address& address, Person& person, Instant now);
  bool is_superfluous(const identity::Address& address, const Person& person, Instant now) const;
  std::vector<People::iterator> due(Instant now);
  void take_turns(Instant now);
  void start_call(const identity::Address& address, Person& person, Instant now);
  void call_over(const identity::Address& address, const std::optional<directory::Failure>& failure);
  void pump(const identity::Address& address, const Person& person);
  Instant next_check() const;

  void opened(const session::Channel& channel) override;
  void received(const session::Channel& channel, const session::Message& message) override;
  void delivered(const session::Channel& channel, const std::vector<std::string>& ids) override;
  void closed(const session::Channel& channel, const session::Ended& how) override;

  Parts parts_;
  OnEvent on_event_;
  HubTimes times_;
  session::Switchboard switchboard_;
  People people_;          // those with whom something goes on
  std::size_t calls_ = 0;  // under way
  bool ending_ = false;
  bool over_ = false;      // run() has returned
  Instant looked_;         // for what waits
  session::Wake changed_;  // something to reconsider
  session::Wake gone_;     // a call has ended, or run()
};

}  // namespace pd::agent
