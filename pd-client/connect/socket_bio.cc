#include "connect/socket_bio.h"

#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace pd::connect {

namespace {

Wire& wire_of(BIO* bio) {
  return *static_cast<Wire*>(BIO_get_data(bio));
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// The socket is asked for its descriptor each time: that of a closed one may be another's by now.
int write_socket(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(wire_of(bio).socket.native_handle(), data, static_cast<std::size_t>(size),
                           MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && would_block()) {
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(sent);
}

int read_socket(BIO* bio, char* data, int size) {
  auto& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(wire.socket.native_handle(), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (got < 0 && would_block()) {
    BIO_set_retry_read(bio);
  }
  wire.ended = got == 0;
  return static_cast<int>(got);
}

long control_socket(BIO* bio, int command, long, void*) {
  return command == BIO_CTRL_FLUSH || (command == BIO_CTRL_EOF && wire_of(bio).ended) ? 1 : 0;
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

BIO* socket_bio(Wire& wire) {
  BIO* const bio = BIO_new(socket_method());
  if (bio == nullptr) {
    throw std::bad_alloc();
  }
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace pd::connect
