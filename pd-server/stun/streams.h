#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "stun/desk.h"

namespace pd::stun_server {

// The bounds of STUN-10.
struct StreamLimits {
  std::size_t connections = 512;            // of one port
  std::size_t connections_of_one = 16;      // network: IPv4 address or IPv6 /56
  unsigned messages = 100;                  // on one connection
  std::chrono::milliseconds whole{10'000};  // from a message's first byte to the end of its answer
  std::chrono::milliseconds idle{60'000};   // without a message
};

// Answers what comes over TCP to one port. One thread: that of the context, which must run until all is closed after
// stop() and before this is destroyed.
class Streams {
 public:
  // Binds and listens. Throws boost::system::system_error.
  Streams(boost::asio::io_context& context, const boost::asio::ip::tcp::endpoint& endpoint, Desk& desk,
          const StreamLimits& limits);

  void start();
  void stop();  // closes everything

 private:
  // One client: its socket, and the time at which it is closed.
  struct Client : std::enable_shared_from_this<Client> {
    Client(boost::asio::ip::tcp::socket connected, Source peer);
    void close_in(std::chrono::milliseconds time);
    void close();

    boost::asio::ip::tcp::socket socket;
    Source source;
    std::string network;
    boost::asio::steady_timer timer;
  };
  using ClientPtr = std::shared_ptr<Client>;
  class Place;

  boost::asio::awaitable<void> accept_all();
  void take(boost::asio::ip::tcp::socket socket);
  boost::asio::awaitable<void> serve(ClientPtr client);

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  Desk& desk_;
  const StreamLimits limits_;
  std::list<ClientPtr> clients_;  // the oldest first
};

}  // namespace pd::stun_server
