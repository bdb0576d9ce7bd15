#include "federation/guard.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace pd::federation {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

struct Block4 {
  std::uint32_t prefix;
  unsigned length;
};

// IANA IPv4 Special-Purpose Address Registry, all that is not globally reachable, and multicast.
constexpr std::array blocks4{
    Block4{0x00000000, 8},   // "this network", unspecified
    Block4{0x0a000000, 8},   // private
    Block4{0x64400000, 10},  // shared address space (carrier NAT)
    Block4{0x7f000000, 8},   // loopback
    Block4{0xa9fe0000, 16},  // link-local, cloud metadata
    Block4{0xac100000, 12},  // private
    Block4{0xc0000000, 24},  // protocol assignments
    Block4{0xc0000200, 24},  // documentation
    Block4{0xc0586300, 24},  // 6to4 relay anycast, withdrawn
    Block4{0xc0a80000, 16},  // private
    Block4{0xc6120000, 15},  // benchmarks
    Block4{0xc6336400, 24},  // documentation
    Block4{0xcb007100, 24},  // documentation
    Block4{0xe0000000, 4},   // multicast
    Block4{0xf0000000, 4},   // reserved, broadcast
};

bool is_public(const address_v4& v4) {
  const auto bits = v4.to_uint();
  return std::none_of(blocks4.begin(), blocks4.end(),
                      [&](const Block4& block) { return (bits ^ block.prefix) >> (32 - block.length) == 0; });
}

struct Block6 {
  std::array<std::uint8_t, 16> prefix;
  unsigned length;
};

bool within(const address_v6::bytes_type& bytes, const Block6& block) {
  for (unsigned bit = 0; bit < block.length; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> (bit % 8));
    if ((bytes[bit / 8] ^ block.prefix[bit / 8]) & mask) return false;
  }
  return true;
}

constexpr Block6 global_unicast{{0x20}, 3};
constexpr Block6 nat64{{0x00, 0x64, 0xff, 0x9b}, 96};  // RFC 6052: the IPv4 address is in the last four bytes
constexpr Block6 six_to_four{{0x20, 0x02}, 16};        // RFC 3056: in bytes 2 to 5

// Inside global unicast, and yet not for strangers.
constexpr std::array blocks6{
    Block6{{0x20, 0x01, 0x00}, 23},        // protocol assignments: Teredo, ORCHID, benchmarks …
    Block6{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    Block6{{0x3f, 0xff, 0x00}, 20},        // documentation
};

address_v4 embedded(const address_v6::bytes_type& bytes, std::size_t at) {
  return address_v4(address_v4::bytes_type{bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
}

bool is_public(const address_v6& v6) {
  const auto bytes = v6.to_bytes();
  if (v6.is_v4_mapped()) return is_public(embedded(bytes, 12));
  if (within(bytes, nat64)) return is_public(embedded(bytes, 12));
  if (within(bytes, six_to_four)) return is_public(embedded(bytes, 2));
  // Loopback, unspecified, IPv4-compatible, unique-local, link-local, multicast and what is not assigned yet lie
  // outside.
  if (!within(bytes, global_unicast)) return false;
  return std::none_of(blocks6.begin(), blocks6.end(), [&](const Block6& block) { return within(bytes, block); });
}

}  // namespace

bool is_public(const address& candidate) {
  return candidate.is_v4() ? is_public(candidate.to_v4()) : is_public(candidate.to_v6());
}

}  // namespace pd::federation
