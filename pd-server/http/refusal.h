#pragma once

#include <string_view>

// The fixed set of words that Observer::refused gets: labels of a metric, so few and without anything of the client's
// in them.
namespace pd::http::refusal {

inline constexpr std::string_view accept = "accept";            // no socket to be had: out of descriptors or memory
inline constexpr std::string_view connections = "connections";  // too many at all
inline constexpr std::string_view peer_connections = "peer-connections";  // too many of one peer
inline constexpr std::string_view tls = "tls";                            // the handshake failed
inline constexpr std::string_view handshake_timeout = "handshake-timeout";
inline constexpr std::string_view header_timeout = "header-timeout";    // 408
inline constexpr std::string_view body_timeout = "body-timeout";        // 408
inline constexpr std::string_view handler_timeout = "handler-timeout";  // 503
inline constexpr std::string_view write_timeout = "write-timeout";
inline constexpr std::string_view malformed = "malformed";        // 400, 417, 501, 505
inline constexpr std::string_view header_limit = "header-limit";  // 414, 431
inline constexpr std::string_view body_limit = "body-limit";      // 413
inline constexpr std::string_view context = "context";            // an exception that nobody caught, on a context

// The word for an answer that the engine gives by itself.
constexpr std::string_view of(unsigned status) {
  if (status == 413) return body_limit;
  if (status == 414 || status == 431) return header_limit;
  return malformed;
}

}  // namespace pd::http::refusal
