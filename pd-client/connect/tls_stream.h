#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "connect/socket_bio.h"

namespace pd::connect {

// TLS on a TCP socket, which OpenSSL reads and writes itself: no byte is copied through buffers of ours.
//
// Used from the thread of its io_context alone. One read and one write may be under way at the same time; they need the
// stream until they are done. To close socket() ends them.
class TlsStream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  enum class Role { client, server };

  // `socket` is connected before the handshake. Throws std::bad_alloc.
  TlsStream(Socket socket, boost::asio::ssl::context& context);

  // Returns why there is none, handshake_failure() knows more; asio::error::eof: the other side has gone.
  boost::asio::awaitable<boost::system::error_code> handshake(Role role);

  // At least one byte, and what else has come, as far as `buffer` holds it. 0 when the other side has ended the stream,
  // or the connection without a word: it may be anybody who did that. Throws boost::system::system_error.
  boost::asio::awaitable<std::size_t> read(std::span<char> buffer);

  // All of it; `bytes` stay where they are until it is done. Throws boost::system::system_error.
  boost::asio::awaitable<void> write(std::string_view bytes);

  Socket& socket() { return wire_.socket; }
  const Socket& socket() const { return wire_.socket; }
  SSL* native_handle() { return ssl_.get(); }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Wire wire_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace pd::connect
