#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "identity/result.h"

namespace pd::stun {

using identity::Result;
using Bytes = std::span<const std::uint8_t>;

// Chosen at random for each request, from a cryptographic source: whoever cannot see the request cannot answer it.
using TransactionId = std::array<std::uint8_t, 12>;
TransactionId random_transaction();  // throws std::runtime_error when there is no entropy

inline constexpr std::size_t request_bytes = 56;
inline constexpr std::size_t most_answer_bytes = 1'280;

// A Binding request (RFC 8489), as long as its longest answer and a little more, for servers that never answer with
// more than they were asked with (STUN-4, STUN-14). The same over UDP and TCP.
std::array<std::uint8_t, request_bytes> binding_request(const TransactionId& id);

// How many bytes the message that begins with `stream` has, so that answers can be read from TCP (STUN-10): 0 as long
// as fewer than 20 are there. Fails with malformed (STUN-1) or too_large when no answer begins like that.
Result<std::size_t> message_bytes(Bytes stream);

// Where the packet came from that the server received.
struct Mapped {
  boost::asio::ip::address address;
  std::uint16_t port;
  bool operator==(const Mapped&) const = default;
  std::string text() const;  // "198.51.100.4:4433" or "[2001:db8::1]:4433"
};

struct Answer {
  TransactionId id;
  unsigned error = 0;  // the code of an error response, 300 … 699; 0: none
  Mapped mapped{};     // only without an error
};

// Reads a whole answer to a Binding request. Fails with malformed or unsupported, under a rule of stun.md:
// whoever gets that goes on waiting, for anybody can send anything.
Result<Answer> read_answer(Bytes message);

}  // namespace pd::stun
