#pragma once

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>

#include "http/message.h"

namespace pd::http {

// The Date header's value (RFC 9110, 5.6.7), made once a second. One thread.
class DateCache {
 public:
  std::string_view now();

 private:
  std::time_t second_ = -1;
  std::string text_;
};

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::time_t time);

// How the answer goes out.
struct Framing {
  bool close = false;           // says that the connection ends
  bool say_keep_alive = false;  // to a client of HTTP/1.0, which would not expect it
  bool with_body = true;        // not for HEAD
  bool chunked = true;          // how a source's pieces go out; a client of HTTP/1.0 reads until the end instead
};

// Puts the status line and all headers into `out` (replacing it), ready to be sent in front of the body. False, if a
// header of the response would break the message: a name or value with a line end or NUL in it.
bool write_head(std::string& out, const Response& response, std::string_view date, const Framing& framing);

// The bytes that follow the head: none for HEAD, 204 and 304.
std::string_view body_of(const Response& response, const Framing& framing);

// A piece of a source's body as it goes out (RFC 9112, section 7.1). Empty when there is nothing to send: a chunk of no
// bytes would be the end.
std::string write_piece(const Source::Piece& piece, const Framing& framing);

}  // namespace pd::http
