#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <openssl/ssl.h>
#include <boost/asio/ip/tcp.hpp>

#include "http/tls.h"

namespace pd::http {

// How far one attempt to read or write came.
enum class Step {
  done,        // some bytes were moved, or the handshake is complete
  want_read,   // try again, with the same bytes, when the socket is readable
  want_write,  // or writable
  closed,      // the other side ended it
  failed,
};

struct Moved {
  Step step;
  std::size_t bytes = 0;
};

// A connected socket, with TLS on it or without. Nothing here ever blocks or waits: whoever calls waits on socket()
// between attempts. OpenSSL reads and writes the socket itself, so no byte is copied through buffers of ours, and an
// idle connection has none.
class Stream {
 public:
  // `tls` empty: plain.
  Stream(boost::asio::ip::tcp::socket socket, TlsContext tls);

  bool encrypted() const { return context_ != nullptr; }

  // Nothing of TLS exists before the first call. Throws std::bad_alloc.
  Step handshake();

  // Up to one record, or what the socket has.
  Moved read(std::span<char> into);

  // May there be something to read even if the socket is not readable?
  bool buffered() const;

  // Sends the beginning of `first` followed by `second`; says how much. With TLS both are put together in `scratch` as
  // far as it goes, so that a small answer is one record; without, nothing is copied.
  Moved write(std::string_view first, std::string_view second, std::span<char> scratch);

  // Says that nothing more will be sent. Best effort.
  void finish();

  // Reads what still comes, past TLS, and throws it away.
  Moved discard(std::span<char> scratch);

  // Closes at once; what was not sent yet is dropped if `reset`.
  void close(bool reset);

  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  void begin_tls();
  Step step_of(int result);
  Moved plain_read(std::span<char> into);
  Moved plain_write(std::string_view first, std::string_view second);

  boost::asio::ip::tcp::socket socket_;
  TlsContext context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool broken_ = false;  // TLS failed: not even a goodbye may be sent
};

}  // namespace pd::http
