#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "identity/result.h"

namespace pd::punch {

// An IPv4 or IPv6 address as bytes in network order.
class IpAddress {
 public:
  using V4 = std::array<std::uint8_t, 4>;
  using V6 = std::array<std::uint8_t, 16>;

  static IpAddress v4(const V4& bytes);
  // An IPv4-mapped address (::ffff:0:0/96), which a socket for both families shows, becomes the IPv4 address.
  static IpAddress v6(const V6& bytes);

  bool is_v4() const { return is_v4_; }
  V4 v4_bytes() const;                        // of an IPv4 address alone
  const V6& v6_bytes() const { return v6_; }  // of an IPv6 address alone

  bool is_loopback() const;    // 127.0.0.0/8, ::1
  bool is_link_local() const;  // 169.254.0.0/16, fe80::/10
  bool is_private() const;     // RFC 1918, RFC 6598 (shared by a carrier's customers), RFC 4193

  // Dotted decimal, or the text of RFC 5952.
  std::string text() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpAddress(bool is_v4, const V6& bytes) : is_v4_(is_v4), v6_(bytes) {}
  bool is_v4_;
  V6 v6_;  // an IPv4 address is in the last four bytes
};

inline constexpr IpAddress::V4 loopback_v4 = {127, 0, 0, 1};

// An IP address and a port (RFC 8445, section 4).
struct TransportAddress {
  IpAddress ip;
  std::uint16_t port;

  // "203.0.113.7:40112" or "[2001:db8::20]:51820", in the one spelling of EP-4. Fails with malformed (REACH-6).
  static identity::Result<TransportAddress> parse(std::string_view text);
  std::string text() const;

  auto operator<=>(const TransportAddress&) const = default;
};

}  // namespace pd::punch
