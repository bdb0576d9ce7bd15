#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "agent/methods.h"
#include "agent/roll_call.h"
#include "command/calling.h"
#include "directory/pins.h"
#include "identity/address.h"
#include "session/gatekeeper.h"
#include "session/pace.h"
#include "session/people.h"
#include "session/wake.h"
#include "session/workers.h"

namespace pd::command {

// Which of the owner's contacts are there: asks them when the owner wants to know, at the pace of AGT-28. One thread,
// that of the executor.
class Presence {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    session::Workers& workers;
    session::People& people;
    session::Gatekeeper& gatekeeper;
    Calling& calling;
    identity::Address self;
    std::function<std::vector<directory::ContactPin>()> contacts;    // everybody who is remembered
    std::function<std::vector<identity::Address>()> connected;       // with whom there is a link
    std::function<void(const identity::Address& who)> on_said_here;  // for the first time in a minute
  };

  // What `parts` refers to outlives it. It outlives its coroutines: stop() before it goes.
  explicit Presence(Parts parts);

  // Who is there, as far as is known; the others are asked from now on. Throws directory::Failure when the disk says
  // no.
  agent::Attendance ask();

  // Somebody who was asked says so.
  void said_here(const identity::Address& who);

  // Asks nobody any more, and returns when nothing of it is left.
  boost::asio::awaitable<void> stop();

 private:
  bool is_contact(const directory::ContactPin& pin);
  void queue_up(const std::vector<identity::Address>& connected);
  void begin();
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<void> ask_one(identity::Address whom);
  bool count(std::size_t devices);
  void leave_out_the_rest();

  Parts parts_;
  agent::RollCall roll_;
  session::Pace people_;
  session::Pace devices_;
  std::deque<identity::Address> queue_;                  // to be asked
  std::list<boost::asio::cancellation_signal> at_work_;  // each a work()
  bool stopping_ = false;
  session::Wake ended_;
};

}  // namespace pd::command
