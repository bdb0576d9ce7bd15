#include "http/stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>

#include <openssl/bio.h>
#include <openssl/err.h>

namespace pd::http {
namespace {

constexpr std::size_t largest_record = 16 * 1024;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int descriptor(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE when the other side is gone; a library should not
// have to change what signals do to the process. Hence this one.
int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(descriptor(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && would_block(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(descriptor(bio), data, static_cast<std::size_t>(size), 0);
  if (got < 0 && would_block(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  struct Method {
    Method() : bio(BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "socket")) {
      if (bio == nullptr) throw std::bad_alloc();
      BIO_meth_set_write(bio, bio_write);
      BIO_meth_set_read(bio, bio_read);
      BIO_meth_set_ctrl(bio, bio_control);
    }
    ~Method() { BIO_meth_free(bio); }
    BIO_METHOD* bio;
  };
  static const Method method;
  return method.bio;
}

BIO* socket_bio(int fd) {
  BIO* bio = BIO_new(socket_method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

Stream::Stream(boost::asio::ip::tcp::socket socket, TlsContext tls)
    : socket_(std::move(socket)), context_(std::move(tls)) {
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

void Stream::begin_tls() {
  ssl_.reset(SSL_new(context_.get()));
  if (!ssl_) throw std::bad_alloc();
  BIO* bio = socket_bio(socket_.native_handle());
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

// What SSL_get_error() says; the thread's error queue was empty before the call.
Step Stream::step_of(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return Step::want_read;
  if (error == SSL_ERROR_WANT_WRITE) return Step::want_write;
  if (error == SSL_ERROR_ZERO_RETURN) return Step::closed;
  broken_ = true;
  const unsigned long reason = ERR_peek_error();
  ERR_clear_error();
  return reason == 0 || ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? Step::closed : Step::failed;
}

Step Stream::handshake() {
  if (!context_) return Step::done;
  if (!ssl_) begin_tls();
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Step::done : step_of(result);
}

Moved Stream::read(std::span<char> into) {
  if (!ssl_) return plain_read(into);
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
  return result == 1 ? Moved{Step::done, bytes} : Moved{step_of(result)};
}

bool Stream::buffered() const {
  return ssl_ && SSL_has_pending(ssl_.get()) == 1;
}

Moved Stream::plain_read(std::span<char> into) {
  const auto got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
  if (got > 0) return {Step::done, static_cast<std::size_t>(got)};
  if (got == 0) return {Step::closed};
  return {would_block(errno) ? Step::want_read : Step::failed};
}

Moved Stream::write(std::string_view first, std::string_view second, std::span<char> scratch) {
  if (!ssl_) return plain_write(first, second);
  std::string_view data = second;
  if (!first.empty()) {
    // An attempt that is repeated puts the same bytes together again, which is what OpenSSL asks for.
    const std::size_t head = std::min(first.size(), scratch.size());
    const std::size_t rest = std::min(second.size(), scratch.size() - head);
    std::memcpy(scratch.data(), first.data(), head);
    if (rest > 0) std::memcpy(scratch.data() + head, second.data(), rest);
    data = std::string_view(scratch.data(), head + rest);
  }
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_write_ex(ssl_.get(), data.data(), std::min(data.size(), largest_record), &bytes);
  return result == 1 ? Moved{Step::done, bytes} : Moved{step_of(result)};
}

Moved Stream::plain_write(std::string_view first, std::string_view second) {
  std::array<iovec, 2> parts{
      {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const auto sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
  if (sent >= 0) return {Step::done, static_cast<std::size_t>(sent)};
  if (would_block(errno)) return {Step::want_write};
  return {errno == EPIPE || errno == ECONNRESET ? Step::closed : Step::failed};
}

void Stream::finish() {
  if (ssl_ && !broken_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  boost::system::error_code ignored;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

Moved Stream::discard(std::span<char> scratch) {
  return plain_read(scratch);
}

void Stream::close(bool reset) {
  boost::system::error_code ignored;
  if (reset && socket_.is_open()) socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace pd::http
