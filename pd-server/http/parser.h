#pragma once

#include <cstddef>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "http/engine.h"
#include "http/message.h"

namespace pd::http {

// Where the head of a request ends in `input`, past its empty line; 0 if it does not end yet. `scanned` remembers
// between calls, as the input grows, what need not be looked at again; zero at first.
std::size_t head_end(std::string_view input, std::size_t& scanned);

// Reads one request. Beast does the grammar; this class adds what RFC 9112 leaves to the server, always the strict way:
// whatever two parties could read differently is refused (11.2, request smuggling).
//
// One request, one parser. Every function that answers a status answers 0 for "fine"; after any other value the
// connection must end.
class Parser final : private boost::beast::http::basic_parser<true> {
 public:
  // Fills `request`, which must outlive the parser; its strings are replaced.
  Parser(Request& request, const Limits& limits);

  // The whole head, as head_end() found it.
  unsigned head(std::string_view head);

  // Valid once the head is read.
  bool complete() const { return is_done(); }
  bool keeps_alive() const { return keep_alive(); }
  int version() const { return version_; }  // 10 or 11
  bool expects_continue() const { return expects_continue_; }

  struct Progress {
    std::size_t used = 0;  // of the input; none and no status: more input is needed
    unsigned status = 0;
  };

  // A piece of the body, chunked or not, until complete().
  Progress body(std::string_view input);

 private:
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using Text = boost::beast::string_view;
  using Error = boost::beast::error_code;
  using Length = boost::optional<std::uint64_t>;

  void on_request_impl(Verb, Text method, Text target, int version, Error& error) override;
  void on_response_impl(int, Text, int, Error&) override {}
  void on_field_impl(Field field, Text name, Text value, Error& error) override;
  void on_header_impl(Error& error) override;
  void on_body_init_impl(const Length& length, Error& error) override;
  std::size_t on_body_impl(Text piece, Error& error) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, Error& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t left, Text piece, Error& error) override;
  void on_finish_impl(Error&) override {}

  void refuse(unsigned status, Error& error);
  void special(Field field, std::string_view value, Error& error);
  unsigned status_of(const Error& error) const;

  Request& request_;
  const Limits& limits_;
  unsigned refused_ = 0;
  int version_ = 11;
  bool head_read_ = false;  // fields that come now are trailers
  bool length_seen_ = false;
  bool encoding_seen_ = false;
  bool host_seen_ = false;
  bool expects_continue_ = false;
  bool authority_in_target_ = false;
  std::size_t extension_bytes_ = 0;
};

}  // namespace pd::http
