#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "connect/socket_bio.h"

namespace pd::connect {

// TLS on a TCP socket, which OpenSSL reads and writes itself: no byte is copied through buffers of ours.
//
// Used from the thread of its io_context alone. One read and one write may be under way at the same time, after the
// handshake; they need the stream until they are done, and both let others have their turn before they return.
class TlsStream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  enum class Role { client, server };

  // Throws std::bad_alloc.
  TlsStream(Socket socket, boost::asio::ssl::context& context);
  TlsStream(TlsStream&&) = delete;  // OpenSSL knows where the socket is

  // Once, on a connected socket. Returns nothing when both sides have finished it. Otherwise why not, of which
  // handshake_failure() knows more: asio::error::eof when the other side has gone, operation_aborted after close().
  boost::asio::awaitable<boost::system::error_code> handshake(Role role);

  // Reads at least one byte, and what else has come, as far as `buffer` holds it, which is not empty. 0 when the other
  // side has ended the stream, or the connection without a word: anybody may have done that. Throws
  // boost::system::system_error: operation_aborted after close(), otherwise what broke the stream, for good.
  boost::asio::awaitable<std::size_t> read(std::span<char> buffer);

  // Writes all of `bytes`, which stay where they are until it is done; of none, what OpenSSL has to say by itself.
  // Throws as read() does.
  boost::asio::awaitable<void> write(std::string_view bytes);

  // Ends what is under way.
  void close() noexcept;

  boost::asio::any_io_executor executor() { return wire_.socket.get_executor(); }
  Socket& socket() { return wire_.socket; }
  SSL* native_handle() { return ssl_.get(); }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  boost::system::error_code prepare(Role role);
  bool wants_more(int result);
  boost::asio::awaitable<void> flush();
  boost::asio::awaitable<void> shake_hands();
  void require_open() const;
  boost::asio::awaitable<void> take_turns();

  TlsSocket wire_;
  std::unique_ptr<SSL, Free> ssl_;
  bool ended_ = false;                 // by the other side
  boost::system::error_code failure_;  // after one OpenSSL may not be asked again (SSL_get_error(3))
};

}  // namespace pd::connect
