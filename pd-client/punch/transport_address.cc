#include "punch/transport_address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "identity/endpoint.h"

namespace pd::punch {

IpAddress IpAddress::v4(const V4& bytes) {
  V6 padded{};
  std::ranges::copy(bytes, padded.begin() + 12);
  return {true, padded};
}

IpAddress IpAddress::v6(const V6& bytes) {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  return {false, bytes};
}

IpAddress::V4 IpAddress::v4_bytes() const {
  return {v6_[12], v6_[13], v6_[14], v6_[15]};
}

bool IpAddress::is_loopback() const {
  constexpr V6 loopback_v6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return is_v4_ ? v6_[12] == 127 : v6_ == loopback_v6;
}

bool IpAddress::is_link_local() const {
  return is_v4_ ? v6_[12] == 169 && v6_[13] == 254 : v6_[0] == 0xfe && (v6_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_private() const {
  if (!is_v4_) return (v6_[0] & 0xfe) == 0xfc;
  const auto first = v6_[12];
  const auto second = v6_[13];
  return first == 10 || (first == 172 && (second & 0xf0) == 16) || (first == 192 && second == 168) ||
         (first == 100 && (second & 0xc0) == 64);
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = is_v4_ ? v6_.data() + 12 : v6_.data();
  ::inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes, text.data(), text.size());
  return text.data();
}

identity::Result<TransportAddress> TransportAddress::parse(std::string_view text) {
  const auto literal = identity::TcpEndpoint::parse(text);  // UDP addresses are written in the same way
  if (!literal || literal->text() != text) {
    return identity::fail(identity::Reason::malformed, "REACH-6", "an address is \"IPv4:port\" or \"[IPv6]:port\"");
  }
  IpAddress::V4 v4;
  if (::inet_pton(AF_INET, literal->ip().c_str(), v4.data()) == 1) {
    return TransportAddress{IpAddress::v4(v4), literal->port()};
  }
  IpAddress::V6 v6;
  ::inet_pton(AF_INET6, literal->ip().c_str(), v6.data());  // it is one: parse() has read it
  return TransportAddress{IpAddress::v6(v6), literal->port()};
}

std::string TransportAddress::text() const {
  return (ip.is_v4() ? ip.text() : "[" + ip.text() + "]") + ":" + std::to_string(port);
}

}  // namespace pd::punch
