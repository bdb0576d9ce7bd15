#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "identity/address.h"
#include "identity/jws.h"
#include "identity/resolution.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

inline constexpr std::string_view endpoint_typ = "pd-endpoint+jws";
inline constexpr std::size_t max_endpoint_bytes = 2'000;
inline constexpr std::size_t max_endpoints = 8;
inline constexpr Seconds max_endpoint_life{24 * 3600};

// A TCP address as a literal: no names are looked up to reach a peer.
class TcpEndpoint {
 public:
  // "198.51.100.4:4433" or "[2001:db8::1]:4433". Fails with malformed (EP-4).
  static Result<TcpEndpoint> parse(std::string_view text);

  const std::string& ip() const { return ip_; }  // canonical text of an IPv4 or IPv6 address, no zone
  std::uint16_t port() const { return port_; }   // never 0
  std::string text() const;
  bool operator==(const TcpEndpoint&) const = default;

 private:
  TcpEndpoint(std::string ip, std::uint16_t port) : ip_(std::move(ip)), port_(port) {}
  std::string ip_;
  std::uint16_t port_;
};

// Where one device can be reached, as that device says.
struct EndpointBody {
  Address address;  // "sub"
  Time issued;
  Time expires;                  // at most max_endpoint_life after `issued`
  std::vector<TcpEndpoint> tcp;  // 0 … max_endpoints; none withdraws the earlier record
};

class EndpointRecord {
 public:
  // Reads and checks everything but who signed it and when it is now. Fails as Jws::parse() does, and with malformed or
  // too_large (EP-1 … EP-4).
  static Result<EndpointRecord> parse(std::string_view jws);
  // Fails with malformed or too_large when `body` breaks EP-3 or EP-4.
  static Result<EndpointRecord> sign(const EndpointBody& body, const PrivateKey& device_key);

  // Fails with wrong_subject (another address), wrong_key (not a device of the identity now), bad_signature, expired,
  // not_yet_valid (EP-5 … EP-7).
  Result<void> verify(const IdentityState& identity, Time now) const;

  const EndpointBody& body() const { return body_; }
  const std::string& device_id() const { return jws_.key_id(); }
  const std::string& text() const { return jws_.text(); }

 private:
  EndpointRecord(EndpointBody body, Jws jws) : body_(std::move(body)), jws_(std::move(jws)) {}
  EndpointBody body_;
  Jws jws_;
};

}  // namespace pd::identity
