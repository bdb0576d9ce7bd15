#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "stun/desk.h"

namespace pd::stun_server {

// Answers what comes to one UDP port. One thread: that of the context.
class Datagrams {
 public:
  // Binds. Throws boost::system::system_error.
  Datagrams(boost::asio::io_context& context, const boost::asio::ip::udp::endpoint& endpoint, Desk& desk);

  boost::asio::ip::udp::endpoint local() const { return local_; }

  void start();
  void stop();  // closes the socket

 private:
  void wait();
  bool serve_one();  // false: there was none

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint local_;
  Desk& desk_;
};

}  // namespace pd::stun_server
