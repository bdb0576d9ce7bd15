#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <boost/asio/ip/address.hpp>

namespace pd::stun_server {

using Bytes = std::span<const std::uint8_t>;

inline constexpr std::size_t header_bytes = 20;
inline constexpr std::size_t most_request_bytes = 1'280;  // STUN-5

// Whom a request came from, as the socket saw it.
struct Source {
  boost::asio::ip::address address;
  std::uint16_t port;
};

// What becomes of a request. Never more bytes than it had (STUN-4), which `broken` is about when an answer would have.
struct Reply {
  enum class Kind { success, error, silence };
  Kind kind = Kind::silence;
  std::size_t bytes = 0;      // of the answer; 0 with silence
  std::string_view broken{};  // with silence: the rule of schema/spec/stun.md that asks for it
};

// Answers a request (STUN-1 … STUN-8) into `answer`. Pure.
Reply reply_to(Bytes request, const Source& source, std::span<std::uint8_t, most_request_bytes> answer);

// How many bytes the message has that begins with `stream`, of a TCP connection (STUN-10); 0 when that cannot be told
// yet, none when no request begins like that (STUN-1, STUN-5).
std::optional<std::size_t> request_bytes(Bytes stream);

}  // namespace pd::stun_server
