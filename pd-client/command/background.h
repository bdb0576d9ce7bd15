#pragma once

#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include "agent/rpc.h"
#include "agent/socket.h"
#include "command/context.h"

namespace pd::command {

// A process that goes on when its parent has left, in a session of its own.
class Background {
 public:
  // Forks; call it before there are threads. Returns twice: in the child, which shall call ready() once; in the parent
  // after that, or when the child has ended before.
  static Background split();
  ~Background();
  Background(Background&& other) noexcept
      : ready_(std::exchange(other.ready_, -1)), status_(other.status_), is_parent_(other.is_parent_) {}
  Background& operator=(Background&&) = delete;

  bool is_parent() const { return is_parent_; }
  // In the parent: 0 when the child is ready, otherwise its exit status; it has said itself what went wrong.
  int status() const { return status_; }
  // In the child: lets the parent go.
  void ready();

 private:
  Background(int ready, int status, bool is_parent) : ready_(ready), status_(status), is_parent_(is_parent) {}

  int ready_;
  int status_;
  bool is_parent_;
};

// That no agent runs in the home of `context`, and what starts one.
directory::Failure no_agent(Context& context);

// A connection to the agent that was there a moment ago. Throws Failure: it has ended.
agent::Stream stream_to_agent(Context& context, const boost::asio::any_io_executor& executor);

// Asks the agent of the home of `context` one thing. Throws Failure: no agent runs there, or it says no.
agent::Json ask_agent(Context& context, const std::string& method, const agent::Json& params = agent::Json::object());

// Whether an agent runs in the home of `context`; starts one, in the background, that publishes nothing, unless
// $PD_AGENT is off. False where none can be had. Throws Failure where the socket may not be used.
bool have_agent(Context& context);

}  // namespace pd::command
