#include "connect/tcp_port.h"

#include <sys/socket.h>

#include <cerrno>

#include <boost/asio/ip/v6_only.hpp>

namespace pd::connect {

using boost::system::system_error;

namespace {

using tcp_only = boost::asio::ip::tcp;

// The port that is free for IPv4 may be taken for IPv6.
constexpr int attempts = 8;

template <class Socket>
void bind_shared(Socket& socket, const tcp_only& family, std::uint16_t port) {
  socket.open(family);
  socket.set_option(tcp_only::socket::reuse_address(true));
  const int on = 1;
  if (::setsockopt(socket.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    throw system_error(errno, boost::system::system_category());
  }
  if (family == tcp_only::v6()) {
    socket.set_option(boost::asio::ip::v6_only(true));
  }
  socket.bind({family, port});
}

tcp_only::acceptor shared_acceptor(const boost::asio::any_io_executor& executor, const tcp_only& family,
                                   std::uint16_t port) {
  tcp_only::acceptor acceptor(executor);
  bind_shared(acceptor, family, port);
  acceptor.listen();
  return acceptor;
}

}  // namespace

TcpPort::TcpPort(const boost::asio::any_io_executor& executor) {
  for (int attempt = 0;; ++attempt) {
    acceptors_.push_back(shared_acceptor(executor, tcp_only::v4(), 0));
    number_ = acceptors_.front().local_endpoint().port();
    try {
      acceptors_.push_back(shared_acceptor(executor, tcp_only::v6(), number_));
      return;
    } catch (const system_error& error) {
      if (error.code() != boost::asio::error::address_in_use) {
        return;  // a machine without IPv6
      }
      if (attempt + 1 == attempts) throw;
    }
    acceptors_.clear();
  }
}

tcp_only::socket TcpPort::socket(const tcp_only& family) {
  tcp_only::socket bound(acceptors_.front().get_executor());
  bind_shared(bound, family, number_);
  return bound;
}

}  // namespace pd::connect
