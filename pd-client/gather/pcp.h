#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "gather/gateway.h"
#include "gather/mapping.h"
#include "identity/encoding.h"

namespace pd::gather {

// The Port Control Protocol, the part of it that maps a port (RFC 6887, sections 7 and 11).

using PcpNonce = std::array<std::uint8_t, 12>;
inline constexpr std::size_t pcp_map_bytes = 60;

// A MAP request from the client address `ours`, of pcp_map_bytes.
identity::Bytes pcp_map_request(const MappingRequest& request, const punch::IpAddress& ours, const PcpNonce& nonce);

// What a datagram from the gateway is to such a request.
struct PcpAnswer {
  enum class Kind { granted, refused, other };
  Kind kind = Kind::other;         // other: it answers something else, or is no PCP
  std::optional<Mapping> mapping;  // when granted, and not taken back
  std::uint8_t result = 0;         // when refused (section 7.4); 1 is a router that knows NAT-PMP alone
};
PcpAnswer read_pcp_answer(identity::ByteView datagram, const MappingRequest& request, const PcpNonce& nonce);

class Pcp final : public MappingProtocol {
 public:
  explicit Pcp(const Gateway& gateway, std::uint16_t server_port = 5351);

  std::string_view name() const override { return "PCP"; }
  std::optional<Mapping> map(const MappingRequest& request, Deadline deadline, std::string& failure) override;

 private:
  Gateway gateway_;
  std::uint16_t server_port_;
  PcpNonce nonce_;  // one for all: it names us, and renews what is ours
};

}  // namespace pd::gather
