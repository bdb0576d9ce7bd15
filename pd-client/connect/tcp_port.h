#pragma once

#include <cstdint>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace pd::connect {

// One TCP port of this machine from which connections are made and on which they are accepted: what opening from both
// sides needs (RFC 9293, section 3.5), because the other side knows only one port of ours. Used on the thread of its
// executor alone.
class TcpPort {
 public:
  // Listens on a port that is free, on every IPv4 address of the machine and, where it has IPv6, on every IPv6 one.
  // Throws boost::system::system_error.
  explicit TcpPort(const boost::asio::any_io_executor& executor);
  TcpPort(const TcpPort&) = delete;
  TcpPort& operator=(const TcpPort&) = delete;

  std::uint16_t number() const { return number_; }

  // One or two, listening, one a family. Nobody has accepted what came in until somebody asks them.
  std::vector<boost::asio::ip::tcp::acceptor>& acceptors() { return acceptors_; }

  // A socket that is bound to this port, to connect to somebody of this family. Throws boost::system::system_error.
  boost::asio::ip::tcp::socket socket(const boost::asio::ip::tcp& family);

 private:
  std::vector<boost::asio::ip::tcp::acceptor> acceptors_;
  std::uint16_t number_ = 0;
};

}  // namespace pd::connect
