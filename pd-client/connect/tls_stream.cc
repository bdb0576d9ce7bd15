#include "connect/tls_stream.h"

#include <openssl/err.h>

#include <cerrno>
#include <new>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pd::connect {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t record_bytes = 16 * 1024;  // RFC 8446, section 5.1

// Why a call of OpenSSL came to nothing: it waits for the socket, or it has failed.
struct Halt {
  TlsStream::Socket::wait_type wait;
  error_code failure;
};

// Requires that the thread's queue of errors was empty before the call.
Halt halt_of(const SSL* ssl, int result) {
  const int system_error = errno;
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
      return {TlsStream::Socket::wait_read, {}};
    case SSL_ERROR_WANT_WRITE:
      return {TlsStream::Socket::wait_write, {}};
    case SSL_ERROR_ZERO_RETURN:
      return {TlsStream::Socket::wait_error, asio::error::eof};
    case SSL_ERROR_SYSCALL:
      return {TlsStream::Socket::wait_error, {system_error, boost::system::system_category()}};
    default:
      break;
  }
  const auto reason = ERR_get_error();
  ERR_clear_error();
  if (ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return {TlsStream::Socket::wait_error, asio::error::eof};
  }
  return {TlsStream::Socket::wait_error, {static_cast<int>(reason), asio::error::get_ssl_category()}};
}

// Lets others have their turn: a fast peer would keep us busy for ever.
asio::awaitable<void> take_turns(TlsStream::Socket& socket) {
  co_await asio::post(socket.get_executor(), asio::use_awaitable);
}

}  // namespace

TlsStream::TlsStream(Socket socket, asio::ssl::context& context)
    : wire_{std::move(socket)}, ssl_(SSL_new(context.native_handle())) {
  if (!ssl_) {
    throw std::bad_alloc();
  }
  BIO* const bio = socket_bio(wire_);
  SSL_set_bio(ssl_.get(), bio, bio);
}

asio::awaitable<error_code> TlsStream::handshake(Role role) {
  role == Role::client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
  error_code error;
  while (!error) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      break;
    }
    const Halt halt = halt_of(ssl_.get(), result);
    error = halt.failure;
    if (!error) {
      co_await wire_.socket.async_wait(halt.wait, asio::redirect_error(asio::use_awaitable, error));
    }
  }
  co_return error;
}

asio::awaitable<std::size_t> TlsStream::read(std::span<char> buffer) {
  for (;;) {
    ERR_clear_error();
    std::size_t size = 0;
    std::size_t more = 0;
    int result = 1;
    while (size < buffer.size() && result == 1) {
      result = SSL_read_ex(ssl_.get(), buffer.data() + size, buffer.size() - size, &more);
      size += result == 1 ? more : 0;
    }
    if (size > 0) {  // what kept it from more is met again
      co_await take_turns(wire_.socket);
      co_return size;
    }
    const Halt halt = halt_of(ssl_.get(), result);
    if (halt.failure == asio::error::eof) {
      co_return 0;
    }
    if (halt.failure) {
      throw boost::system::system_error(halt.failure);
    }
    co_await wire_.socket.async_wait(halt.wait, asio::use_awaitable);
  }
}

asio::awaitable<void> TlsStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto record = bytes.substr(0, record_bytes);
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
    if (result == 1) {
      bytes.remove_prefix(written);
      continue;
    }
    const Halt halt = halt_of(ssl_.get(), result);
    if (halt.failure) {
      throw boost::system::system_error(halt.failure);
    }
    co_await wire_.socket.async_wait(halt.wait, asio::use_awaitable);
  }
  co_await take_turns(wire_.socket);
}

}  // namespace pd::connect
