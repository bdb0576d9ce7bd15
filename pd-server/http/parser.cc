#include "http/parser.h"

#include <algorithm>
#include <array>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include "http/uri.h"

namespace pd::http {
namespace {

namespace beast = boost::beast;

constexpr std::array known_methods{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// RFC 9112, 5.2: a line that continues the one before is obsolete; a server may refuse it, and we do.
bool has_folding(std::string_view head) {
  return head.find("\n ") != std::string_view::npos || head.find("\n\t") != std::string_view::npos;
}

}  // namespace

std::size_t head_end(std::string_view input, std::size_t& scanned) {
  const std::size_t found = input.find("\r\n\r\n", scanned);
  if (found != std::string_view::npos) return found + 4;
  scanned = input.size() < 3 ? 0 : input.size() - 3;
  return 0;
}

Parser::Parser(Request& request, const Limits& limits) : request_(request), limits_(limits) {
  request_.headers.clear();
  request_.body.clear();
  header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.header_bytes, UINT32_MAX)));
  body_limit(limits.body_bytes);
}

unsigned Parser::head(std::string_view head) {
  if (has_folding(head)) return 400;
  Error error;
  const std::size_t used = put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error) return status_of(error);
  return used == head.size() && is_header_done() ? 0 : 400;
}

Parser::Progress Parser::body(std::string_view input) {
  Error error;
  Progress progress;
  progress.used = put(boost::asio::const_buffer(input.data(), input.size()), error);
  if (error && error != beast::http::error::need_more) progress.status = status_of(error);
  return progress;
}

unsigned Parser::status_of(const Error& error) const {
  if (refused_ != 0) return refused_;
  if (error == beast::http::error::body_limit) return 413;
  if (error == beast::http::error::header_limit) return 431;
  if (error == beast::http::error::bad_version) return 505;
  return 400;
}

void Parser::refuse(unsigned status, Error& error) {
  refused_ = status;
  error = beast::http::error::bad_value;
}

void Parser::on_request_impl(Verb, Text method, Text target, int version, Error& error) {
  version_ = version;
  if (std::ranges::find(known_methods, std::string_view(method)) == known_methods.end()) return refuse(501, error);
  auto parsed = http::parse_target(target);
  if (!parsed || (parsed->origin == "*" && method != "OPTIONS")) return refuse(400, error);
  request_.method = method;
  request_.target = parsed->origin;
  request_.path = std::move(parsed->path);
  if (parsed->authority) {
    authority_in_target_ = true;
    request_.headers.emplace_back("host", *parsed->authority);
  }
}

void Parser::on_field_impl(Field field, Text name, Text value, Error& error) {
  // Trailers (RFC 9110, 6.5) are read and dropped: none of ours means anything, and as headers they would be a way past
  // checks.
  if (head_read_) return;
  if (request_.headers.size() >= limits_.header_count) return refuse(431, error);
  special(field, value, error);
  if (error || (field == Field::host && authority_in_target_)) return;
  request_.headers.emplace_back(lower(name), value);
}

// The headers that decide where a request ends and whom it is for.
void Parser::special(Field field, std::string_view value, Error& error) {
  switch (field) {
    case Field::host:
      if (host_seen_ || !valid_host(value)) return refuse(400, error);
      host_seen_ = true;
      return;
    case Field::content_length:
      if (length_seen_ || encoding_seen_ || !all_digits(value)) return refuse(400, error);
      length_seen_ = true;
      return;
    case Field::transfer_encoding:
      if (length_seen_ || encoding_seen_ || version_ < 11) return refuse(400, error);
      if (!beast::iequals(value, "chunked")) return refuse(501, error);
      encoding_seen_ = true;
      return;
    case Field::expect:
      if (!beast::iequals(value, "100-continue")) return refuse(417, error);
      expects_continue_ = version_ >= 11;
      return;
    default:
      return;
  }
}

void Parser::on_header_impl(Error& error) {
  head_read_ = true;
  if (version_ >= 11 && !host_seen_) refuse(400, error);
}

void Parser::on_body_init_impl(const Length& length, Error&) {
  // Room for what is said to come, but no more than a little on the client's word alone.
  request_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(length.value_or(0), 16 * 1024)));
}

std::size_t Parser::on_body_impl(Text piece, Error&) {
  request_.body.append(piece.data(), piece.size());
  return piece.size();
}

void Parser::on_chunk_header_impl(std::uint64_t, Text extensions, Error& error) {
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > limits_.header_bytes) refuse(400, error);
}

std::size_t Parser::on_chunk_body_impl(std::uint64_t, Text piece, Error& error) {
  return on_body_impl(piece, error);
}

}  // namespace pd::http
