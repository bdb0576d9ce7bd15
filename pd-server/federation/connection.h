#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "federation/budget.h"
#include "federation/remote.h"

namespace pd::federation {

using Steady = std::chrono::steady_clock;
using Headers = std::vector<std::pair<std::string, std::string>>;

// One GET, or a POST of a body.
struct Ask {
  std::string authority;  // the Host header
  std::string target;
  Headers headers;
  std::size_t max_body;
  Steady::time_point deadline;
  std::string payer;                                        // whose share of the budget a large answer takes
  Steady::time_point begin_by = Steady::time_point::max();  // when the first byte of the answer is there
  std::string body{};                                       // JSON; none: a GET
};

// What came back: the parts that anybody here looks at.
struct Answer {
  unsigned status = 0;
  std::string content_type;  // without parameters, lower case
  std::string etag;
  std::string cache_control;
  std::string body;
  std::shared_ptr<ReadShare> room;  // what the body takes of the budget, until the last who keeps it is gone
};

// A TLS connection to another server. One request at a time, one thread. Everything that fails throws RemoteError
// (unreachable or busy) or boost::system::system_error; the connection is no good after that.
class Connection {
 public:
  Connection(boost::asio::io_context& context, boost::asio::ssl::context& tls);

  // TCP, by `deadline`.
  awaitable<void> connect(boost::asio::ip::tcp::endpoint endpoint, Steady::time_point deadline);
  // TLS, by `deadline`: the certificate chain is good, and made out for `name` (RFC 9525).
  awaitable<void> handshake(std::string name, Steady::time_point deadline);
  // One request and its whole answer, by ask.deadline (FED-6, FED-7).
  awaitable<Answer> exchange(const Ask& ask, ReadBudget& budget);

  // After exchange(): the server keeps the connection open.
  bool reusable() const { return reusable_; }
  // True when nothing came while it was idle, not even its end.
  bool quiet();
  // After exchange() failed: not one byte of an answer had come.
  bool unanswered() const { return unanswered_; }

 private:
  boost::asio::ssl::stream<boost::beast::tcp_stream> stream_;
  boost::beast::flat_buffer buffer_;
  bool reusable_ = false;
  bool unanswered_ = true;
};

}  // namespace pd::federation
