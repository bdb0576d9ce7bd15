#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace pd::connect {

// A socket that does not block, and that OpenSSL reads and writes through socket_bio().
struct TlsSocket {
  boost::asio::ip::tcp::socket socket;
  boost::system::error_code error;  // of the last attempt to read or write; asio::error::eof: they will send no more
  std::size_t readable = 0;         // once as many bytes were read it is as if no more had come
  std::string unsent;               // was written, and the socket has not taken it
};

// Reads and writes the socket as it is at that moment: where it has been closed, its descriptor may be another's by
// now, of which OpenSSL's own BIO knows nothing. Writing never has to be repeated: what the socket does not take waits
// in `unsent`, 64 KiB at most. (OpenSSL 3.0 fails when it has to answer a KeyUpdate while a record is partly written.)
//
// The caller owns what it returns, and `socket` outlives it. Throws std::bad_alloc. The server's, which has other
// needs, is in pd-server/http/stream.cc.
BIO* socket_bio(TlsSocket& socket);

// Sends of `unsent` what the socket takes.
void send_unsent(TlsSocket& socket);

}  // namespace pd::connect
