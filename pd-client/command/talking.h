#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "command/context.h"
#include "command/people.h"
#include "command/view.h"
#include "session/history.h"
#include "session/workers.h"
#include "terminal/console.h"

namespace pd::command {

inline constexpr std::string_view how_to_leave = "/quit, Ctrl+D or Ctrl+C leaves";

// What is done with lines: somebody types some while others are printed; they are printed plainly, on a terminal too;
// or they go to standard error, since the output is something else.
enum class Lines { typed, printed, on_error };

// What `chat`, `listen`, `send` and `pipe` have in common: one thread for everything but the directory, the history,
// the console, and an end that comes at once whenever it is asked for.
class Talking {
 public:
  // Throws Failure: no account, the disk says no.
  Talking(Context& context, std::size_t threads, Lines lines = Lines::typed);
  ~Talking();

  boost::asio::any_io_executor executor() { return io.get_executor(); }
  session::Channel::Shared shared(session::Observer& observer) { return {history, observer, context.clock()}; }

  // Somebody sits at a terminal, rather than a program at the other ends of pipes.
  bool interactive() const;

  // The next lines, at least one; nothing at the end of the input, and on a terminal after /quit or /exit.
  boost::asio::awaitable<std::optional<std::vector<std::string>>> read();

  // The first Ctrl+C, SIGTERM or SIGHUP, and the end of whoever reads our output, call this. A second signal ends the
  // process on the spot.
  std::function<void()> on_interrupt;

  // Runs until there is nothing left to do. `over` must be called by then.
  void run() { io.run(); }
  // Nothing more is waited for: no input, no signal, which would only disturb the end.
  void over();
  // For an end that may take for ever: a signal that comes from now on ends the process on the spot.
  void end_on_signal();

  // The exit status. Does not return where a thread still waits for the directory, which nobody can interrupt: what
  // there is to keep has been kept, so the process ends.
  int leave(int status);
  // The same for a failure: throws it on, or reports it and ends the process.
  void rethrow(const std::exception_ptr& failure);

  Context& context;
  std::shared_ptr<const connect::Credentials> self;
  boost::asio::io_context io{1};
  std::unique_ptr<terminal::Console> console;
  View view;
  session::History history;
  DirectoryPeople people;
  session::Workers workers;

 private:
  void wait_for_signal();
  void interrupt(int signal);
  boost::asio::signal_set signals_;
  bool interrupted_ = false;
  bool quit_ = false;
};

// The texts among `lines` that can be sent; says of each of the others why not.
std::vector<std::string> sendable(std::vector<std::string> lines, View& view);

}  // namespace pd::command
