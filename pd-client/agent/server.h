#pragma once

#include <cstddef>
#include <filesystem>
#include <list>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "agent/connection.h"
#include "agent/methods.h"
#include "agent/socket.h"
#include "session/wake.h"

namespace pd::agent {

inline constexpr std::size_t max_clients = 32;  // AGT-4

// The agent's side of its socket: lets the owner's programs in and does what they ask for. One thread.
class Server {
 public:
  // Listens at once. `methods` outlives it. Throws directory::Failure.
  Server(const boost::asio::any_io_executor& executor, std::filesystem::path path, Methods& methods);
  ~Server();

  // Accepts until close(), and returns when all clients are gone. Call it once.
  boost::asio::awaitable<void> run();
  // Lets nobody in any more, and removes the socket. Those who are there have a second to read what waits for them.
  void close();

  // Tells it to everybody who has subscribed.
  void tell(const Notification& notification) { tell(notification, nullptr); }
  std::size_t clients() const { return connections_.size(); }

 private:
  void tell(const Notification& notification, const Connection* but);
  void enter(Stream stream);
  boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);

  std::filesystem::path path_;
  Methods& methods_;
  Acceptor acceptor_;
  std::list<std::shared_ptr<Connection>> connections_;
  std::size_t serving_ = 0;  // also those who are only sent away
  bool closed_ = false;
  session::Wake gone_;
};

}  // namespace pd::agent
