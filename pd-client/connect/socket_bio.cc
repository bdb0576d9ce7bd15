#include "connect/socket_bio.h"

#include <new>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace pd::connect {

namespace asio = boost::asio;

namespace {

TlsSocket& socket_of(BIO* bio) {
  return *static_cast<TlsSocket*>(BIO_get_data(bio));
}

bool would_block(const boost::system::error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

int write_socket(BIO* bio, const char* data, int size) {
  auto& [socket, error] = socket_of(bio);
  BIO_clear_retry_flags(bio);
  const auto sent = socket.send(asio::buffer(data, static_cast<std::size_t>(size)), 0, error);
  if (would_block(error)) {
    BIO_set_retry_write(bio);
  }
  return error ? -1 : static_cast<int>(sent);
}

int read_socket(BIO* bio, char* data, int size) {
  auto& [socket, error] = socket_of(bio);
  BIO_clear_retry_flags(bio);
  const auto got = socket.receive(asio::buffer(data, static_cast<std::size_t>(size)), 0, error);
  if (would_block(error)) {
    BIO_set_retry_read(bio);
  }
  return error ? -1 : static_cast<int>(got);
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

}  // namespace pd::connect
