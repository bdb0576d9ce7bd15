#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "agent/methods.h"
#include "agent/rpc.h"
#include "agent/socket.h"
#include "connect/deadline.h"
#include "session/wake.h"

namespace pd::agent {

inline constexpr std::size_t enough_output = 256 * 1024;         // AGT-9: no request is read above this,
inline constexpr std::size_t too_much_output = 1 * 1024 * 1024;  // and the client is cut off above this

// A client of the agent: requests in, answers and notifications out, within the bounds of AGT-5 … AGT-9. One thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Does one request, and returns what to answer.
  using OnRequest = std::function<tl::expected<Json, Refusal>(Connection& from, const Request& request)>;

  Connection(Stream stream, OnRequest on_request);

  // Serves the client until it leaves, breaks a bound, or close(). Call it once.
  boost::asio::awaitable<void> run();

  // Puts a line, with its line feed, behind those that wait. A client that has not read for too long is cut off.
  void send(const std::string& line);
  // Ends it once what waits was read, or after a second.
  void finish();
  void close();

  Visit visit;

 private:
  boost::asio::awaitable<void> write_all();
  boost::asio::awaitable<bool> read_some();
  void handle(const std::string& line);

  Stream stream_;
  OnRequest on_request_;
  LineReader reader_;
  std::string waiting_;
  std::string output_;  // on its way
  bool finishing_ = false;
  bool closed_ = false;
  bool writing_over_ = false;
  session::Wake written_;  // there is more to write, or an end
  session::Wake drained_;  // it was written
  std::optional<connect::Deadline> patience_;
};

}  // namespace pd::agent
