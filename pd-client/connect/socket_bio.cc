#include "connect/socket_bio.h"

#include <algorithm>
#include <new>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace pd::connect {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_unsent = 64 * 1024;

TlsSocket& socket_of(BIO* bio) {
  return *static_cast<TlsSocket*>(BIO_get_data(bio));
}

bool would_block(const boost::system::error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

// Sends the beginning of `bytes`, and returns how much: nothing where the socket has no room, or there is an error.
std::size_t send_some(TlsSocket& to, std::string_view bytes) {
  const auto sent = to.socket.send(asio::buffer(bytes.data(), bytes.size()), 0, to.error);
  if (would_block(to.error)) {
    to.error.clear();
  }
  return sent;
}

int write_socket(BIO* bio, const char* data, int size) {
  auto& to = socket_of(bio);
  const std::string_view bytes(data, static_cast<std::size_t>(size));
  BIO_clear_retry_flags(bio);
  to.error.clear();
  const auto rest = bytes.substr(to.unsent.empty() ? send_some(to, bytes) : 0);
  if (!to.error && to.unsent.size() + rest.size() > max_unsent) {
    to.error = asio::error::no_buffer_space;
  }
  if (to.error) {
    return -1;
  }
  to.unsent += rest;
  return size;
}

int read_socket(BIO* bio, char* data, int size) {
  auto& from = socket_of(bio);
  BIO_clear_retry_flags(bio);
  from.error = asio::error::would_block;
  const asio::mutable_buffer buffer(data, static_cast<std::size_t>(size));
  const auto got = from.readable == 0 ? 0 : from.socket.receive(buffer, 0, from.error);
  from.readable -= std::min(from.readable, got);
  if (would_block(from.error)) {
    BIO_set_retry_read(bio);
  }
  return from.error ? -1 : static_cast<int>(got);
}

long control_socket(BIO* bio, int command, long, void*) {
  return command == BIO_CTRL_FLUSH || (command == BIO_CTRL_EOF && socket_of(bio).error == asio::error::eof) ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  struct Method {
    Method() : bio(BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "socket")) {
      if (bio == nullptr) {
        throw std::bad_alloc();
      }
      BIO_meth_set_write(bio, write_socket);
      BIO_meth_set_read(bio, read_socket);
      BIO_meth_set_ctrl(bio, control_socket);
    }
    ~Method() { BIO_meth_free(bio); }
    BIO_METHOD* bio;
  };
  static const Method method;
  return method.bio;
}

}  // namespace

BIO* socket_bio(TlsSocket& socket) {
  BIO* const bio = BIO_new(socket_method());
  if (bio == nullptr) {
    throw std::bad_alloc();
  }
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

void send_unsent(TlsSocket& socket) {
  socket.unsent.erase(0, send_some(socket, socket.unsent));
}

}  // namespace pd::connect
