#include "http/writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/chrono.h>
#include <boost/beast/http/status.hpp>

namespace pd::http {
namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool has_no_body(unsigned status) {
  return status < 200 || status == 204 || status == 304;
}

bool breaks_message(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool safe(const Header& header) {
  return !header.first.empty() && header.first.find(':') == std::string::npos && !breaks_message(header.first) &&
         !breaks_message(header.second);
}

}  // namespace

std::string http_date(std::time_t time) {
  // fmt follows the locale only where it is told to.
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(time));
}

std::string_view DateCache::now() {
  const std::time_t second = std::time(nullptr);
  if (second != second_) {
    second_ = second;
    text_ = http_date(second);
  }
  return text_;
}

bool write_head(std::string& out, const Response& response, std::string_view date, const Framing& framing) {
  out.clear();
  out += "HTTP/1.1 ";
  append_number(out, response.status);
  out += ' ';
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  out.append(reason.data(), reason.size());
  out += "\r\nDate: ";
  out += date;
  for (const Header& header : response.headers) {
    if (!safe(header)) return false;
    out += "\r\n";
    out += header.first;
    out += ": ";
    out += header.second;
  }
  if (response.source) {
    if (framing.chunked) out += "\r\nTransfer-Encoding: chunked";
  } else if (!has_no_body(response.status)) {
    out += "\r\nContent-Length: ";
    append_number(out, response.body ? response.body->size() : 0);
  }
  if (framing.close) {
    out += "\r\nConnection: close";
  } else if (framing.say_keep_alive) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
  return true;
}

std::string_view body_of(const Response& response, const Framing& framing) {
  if (!framing.with_body || !response.body || has_no_body(response.status)) return {};
  return *response.body;
}

std::string write_piece(const Source::Piece& piece, const Framing& framing) {
  if (!framing.chunked) return piece.bytes;
  std::string out;
  if (!piece.bytes.empty()) out = fmt::format("{:x}\r\n{}\r\n", piece.bytes.size(), piece.bytes);
  if (piece.last) out += "0\r\n\r\n";
  return out;
}

}  // namespace pd::http
