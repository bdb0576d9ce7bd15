#include "connect/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <new>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace pd::connect {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;

namespace {

constexpr std::size_t record_bytes = 16 * 1024;  // RFC 8446, section 5.1
// Of TLS, however little of it is for us: KeyUpdates without end would keep us busy for ever.
constexpr std::size_t bytes_a_turn = 32 * 1024;

}  // namespace

TlsStream::TlsStream(Socket socket, asio::ssl::context& context)
    : wire_{std::move(socket), {}, 0, {}}, ssl_(SSL_new(context.native_handle())) {
  if (!ssl_) {
    throw std::bad_alloc();
  }
  BIO* const bio = socket_bio(wire_);
  SSL_set_bio(ssl_.get(), bio, bio);
}

void TlsStream::close() noexcept {
  error_code ignored;
  wire_.socket.close(ignored);
}

// Whether a call of OpenSSL that came to nothing waits for more to read. Otherwise it has failed, or the other side has
// ended.
bool TlsStream::wants_more(int result) {
  const auto reason = ERR_peek_error();
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return true;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      return false;
    case SSL_ERROR_SYSCALL:
      failure_ = wire_.error;
      break;
    default:
      failure_ = error_code(static_cast<int>(reason), asio::error::get_ssl_category());
  }
  if (!failure_) {
    failure_ = asio::ssl::error::unspecified_system_error;
  }
  ERR_clear_error();
  return false;
}

void TlsStream::require_open() const {
  if (!wire_.socket.is_open()) {
    throw system_error(asio::error::operation_aborted);
  }
  if (failure_) {
    throw system_error(failure_);
  }
}

// A fast peer would keep us busy for ever.
asio::awaitable<void> TlsStream::take_turns() {
  co_await asio::post(executor(), asio::use_awaitable);
  if (!wire_.socket.is_open()) {
    throw system_error(asio::error::operation_aborted);
  }
}

error_code TlsStream::prepare(Role role) {
  error_code error;
  wire_.socket.non_blocking(true, error);
  if (!error) {
    error_code ignored;
    wire_.socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  role == Role::client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
  return error;
}

// Until the socket has taken all that OpenSSL has written.
asio::awaitable<void> TlsStream::flush() {
  while (!wire_.unsent.empty()) {
    require_open();
    send_unsent(wire_);
    failure_ = wire_.error;
    if (!failure_ && !wire_.unsent.empty()) {
      co_await wire_.socket.async_wait(Socket::wait_write, asio::use_awaitable);
    }
  }
}

asio::awaitable<void> TlsStream::shake_hands() {
  int result = 0;
  while (result != 1) {
    require_open();
    ERR_clear_error();
    wire_.readable = bytes_a_turn;
    result = SSL_do_handshake(ssl_.get());
    const bool more = result != 1 && wants_more(result);
    co_await flush();
    if (more) {
      co_await wire_.socket.async_wait(Socket::wait_read, asio::use_awaitable);
    } else if (ended_) {
      throw system_error(asio::error::eof);
    }
  }
}

asio::awaitable<error_code> TlsStream::handshake(Role role) {
  error_code error = prepare(role);
  if (!error) {
    try {
      co_await shake_hands();
    } catch (const system_error& failure) {
      error = failure.code();
    }
  }
  co_return error;
}

asio::awaitable<std::size_t> TlsStream::read(std::span<char> buffer) {
  for (;;) {
    require_open();
    if (ended_) {
      co_return 0;
    }
    ERR_clear_error();
    wire_.readable = bytes_a_turn;
    std::size_t size = 0;
    std::size_t more = 0;
    int result = 1;
    while (size < buffer.size() &&
           (result = SSL_read_ex(ssl_.get(), &buffer[size], buffer.size() - size, &more)) == 1) {
      size += more;
    }
    const bool waits = result != 1 && wants_more(result);
    if (size > 0) {
      co_await take_turns();
      co_return size;
    }
    if (waits) {
      co_await wire_.socket.async_wait(Socket::wait_read, asio::use_awaitable);
    }
  }
}

asio::awaitable<void> TlsStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    require_open();
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), std::min(bytes.size(), record_bytes), &written);
    if (result != 1 && (wants_more(result) || !failure_)) {
      failure_ = asio::error::broken_pipe;  // they have ended, and take no more
    }
    bytes.remove_prefix(written);
    co_await flush();
  }
  co_await flush();
  co_await take_turns();
}

}  // namespace pd::connect
