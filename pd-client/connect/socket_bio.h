#pragma once

#include <openssl/bio.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace pd::connect {

// A socket that OpenSSL reads and writes through socket_bio(). It does not block.
struct TlsSocket {
  boost::asio::ip::tcp::socket socket;
  boost::system::error_code error;  // of the last attempt to read or write; asio::error::eof: they will send no more
};

// Reads and writes the socket as it is at that moment: where it has been closed, its descriptor may be another's by
// now, of which OpenSSL's own BIO knows nothing. The caller owns what it returns, and `socket` outlives it. Throws
// std::bad_alloc. (The server's is in pd-server/http/stream.cc.)
BIO* socket_bio(TlsSocket& socket);

}  // namespace pd::connect
