#pragma once

#include <openssl/bio.h>

#include <boost/asio/ip/tcp.hpp>

namespace pd::connect {

// A socket that OpenSSL reads and writes.
struct Wire {
  boost::asio::ip::tcp::socket socket;
  bool ended = false;  // they will send no more
};

// Never blocks: an attempt that would is to be repeated when the socket is ready. Nor does it raise SIGPIPE, as
// OpenSSL's own does. The caller owns it, and `wire` outlives it. Throws std::bad_alloc.
BIO* socket_bio(Wire& wire);

}  // namespace pd::connect
