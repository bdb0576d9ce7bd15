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

}  // namespace

TlsStream::TlsStream(Socket socket, asio::ssl::context& context)
    : wire_{std::move(socket), {}}, ssl_(SSL_new(context.native_handle())) {
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

// What a call of OpenSSL that came to nothing waits for. Nothing when it has failed, or the other side has ended.
std::optional<TlsStream::Socket::wait_type> TlsStream::wanted(int result) {
  const auto reason = ERR_peek_error();
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Socket::wait_read;
    case SSL_ERROR_WANT_WRITE:
      return Socket::wait_write;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      return {};
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
  return {};
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

asio::awaitable<error_code> TlsStream::handshake(Role role) {
  error_code error = prepare(role);
  while (!error) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      break;
    }
    if (const auto wait = wanted(result)) {
      co_await wire_.socket.async_wait(*wait, asio::redirect_error(asio::use_awaitable, error));
    } else {
      error = ended_ ? error_code(asio::error::eof) : failure_;
    }
  }
  co_return wire_.socket.is_open() ? error : error_code(asio::error::operation_aborted);
}

asio::awaitable<std::size_t> TlsStream::read(std::span<char> buffer) {
  for (;;) {
    require_open();
    if (ended_) {
      co_return 0;
    }
    ERR_clear_error();
    std::size_t size = 0;
    std::size_t more = 0;
    int result = 1;
    while (size < buffer.size() &&
           (result = SSL_read_ex(ssl_.get(), &buffer[size], buffer.size() - size, &more)) == 1) {
      size += more;
    }
    const auto wait = result == 1 ? std::nullopt : wanted(result);
    if (size > 0) {
      co_await take_turns();
      co_return size;
    }
    if (wait) {
      co_await wire_.socket.async_wait(*wait, asio::use_awaitable);
    }
  }
}

asio::awaitable<void> TlsStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    require_open();
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), std::min(bytes.size(), record_bytes), &written);
    if (result == 1) {
      bytes.remove_prefix(written);
    } else if (const auto wait = wanted(result)) {
      co_await wire_.socket.async_wait(*wait, asio::use_awaitable);
    } else if (!failure_) {
      failure_ = asio::error::broken_pipe;  // they have ended, and take no more
    }
  }
  co_await take_turns();
}

}  // namespace pd::connect
