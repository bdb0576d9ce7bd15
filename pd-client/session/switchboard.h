#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "connect/listener.h"
#include "session/channel.h"
#include "session/claims.h"
#include "session/people.h"
#include "session/workers.h"

namespace pd::session {

// The sessions of a listener: finds out who dials, lets in whom its owner wants, and runs their sessions. One thread.
class Switchboard {
 public:
  // Nothing when this person may talk to us, else why not; an empty text when there is nothing to tell. Called with
  // somebody who has proven a device of theirs (CON-2).
  using Admit = std::function<std::optional<std::string>(const directory::VerifiedPeer&)>;
  // Told when somebody was not let in, and why.
  using OnRefused = std::function<void(const identity::Address& claimed, const std::string& why)>;

  struct Parts {
    boost::asio::any_io_executor executor;
    Workers& workers;
    People& people;
    Channel::Shared shared;
    Admit admit;
    OnRefused on_refused;
    std::chrono::milliseconds verification;  // how long finding out who dials may take (SESS-5)
  };

  explicit Switchboard(Parts parts);

  // Takes a caller whose identity is not known yet.
  void answer(connect::UnverifiedLink link);

  // Takes a link to somebody who has called us, and was let in before (CALL-15). Closes it where there are too many.
  void join(std::unique_ptr<connect::Link> link);

  // Whom a message would reach now, each once.
  std::vector<identity::Address> connected() const;

  // There is something new in the history for `peer`: sends it if they are here.
  void pump(const identity::Address& peer);

  // Any link may be gone: asks over each, and ends those over which nothing comes back (SESS-25).
  void probe();

  // Says bye to everybody, lets nobody in any more, and returns when all are gone.
  boost::asio::awaitable<void> shut_down();

 private:
  using Channels = std::list<std::shared_ptr<Channel>>;  // newest last

  boost::asio::awaitable<void> admit(connect::UnverifiedLink link);
  boost::asio::awaitable<void> talk(std::unique_ptr<connect::Link> link);
  boost::asio::awaitable<std::unique_ptr<connect::Link>> verify(connect::UnverifiedLink link);
  boost::asio::awaitable<std::unique_ptr<connect::Link>> look_up(connect::UnverifiedLink link);
  boost::asio::awaitable<directory::VerifiedPeer> ask(identity::PeerClaim claim);
  connect::Outcome<std::unique_ptr<connect::Link>> let_in(connect::UnverifiedLink link,
                                                          const directory::VerifiedPeer& peer);
  void enter(const std::shared_ptr<Channel>& channel);
  void take_over(Channel& channel);
  // Over which messages to `peer` go: the newest of their sessions that is open and carries them, or null.
  Channel* messenger(const identity::Address& peer) const;
  void leave(const std::shared_ptr<Channel>& channel);

  Parts parts_;
  Claims claims_;
  std::map<identity::Address, Channels> channels_;
  std::size_t joined_ = 0;                                 // sessions of links that were joined
  std::list<boost::asio::cancellation_signal> verifying_;  // one for each caller who is being looked up
  bool closing_ = false;
  Wake changed_;
};

}  // namespace pd::session
