#include "gather/pcp.h"

#include <algorithm>

#include "gather/datagram_exchange.h"

namespace pd::gather {

using identity::Bytes;
using identity::ByteView;
using punch::IpAddress;
using punch::Transport;

namespace {

constexpr std::uint8_t pcp_version = 2;
constexpr std::uint8_t opcode_map = 1;
constexpr std::uint8_t is_response = 0x80;
constexpr std::size_t nonce_at = 24;  // where the 24 bytes of the common header end
constexpr std::size_t protocol_at = 36;
constexpr std::size_t internal_port_at = 40;
constexpr std::size_t external_port_at = 42;
constexpr std::size_t external_address_at = 44;

std::uint8_t protocol_number(Transport transport) {
  return transport == Transport::udp ? 17 : 6;  // as in the IP header
}

void put16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

std::uint16_t get16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// As an IPv4-mapped IPv6 address (section 5).
void put_address(Bytes& bytes, std::size_t at, const IpAddress::V4& address) {
  bytes[at + 10] = bytes[at + 11] = 0xff;
  std::copy(address.begin(), address.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at) + 12);
}

}  // namespace

Bytes pcp_map_request(const MappingRequest& request, const IpAddress& ours, const PcpNonce& nonce) {
  Bytes bytes(pcp_map_bytes, 0);
  bytes[0] = pcp_version;
  bytes[1] = opcode_map;
  const auto lifetime = static_cast<std::uint32_t>(request.lifetime.count());
  put16(bytes, 4, static_cast<std::uint16_t>(lifetime >> 16));
  put16(bytes, 6, static_cast<std::uint16_t>(lifetime));
  put_address(bytes, 8, ours.v4_bytes());
  std::copy(nonce.begin(), nonce.end(), bytes.begin() + nonce_at);
  bytes[protocol_at] = protocol_number(request.transport);
  put16(bytes, internal_port_at, request.port);
  put16(bytes, external_port_at, request.external);
  put_address(bytes, external_address_at, {});
  return bytes;
}

PcpAnswer read_pcp_answer(ByteView datagram, const MappingRequest& request, const PcpNonce& nonce) {
  PcpAnswer answer;
  if (datagram.size() >= 4 && datagram[0] == 0 && datagram[3] == 1) {  // NAT-PMP: it does not know this version
    answer.kind = PcpAnswer::Kind::refused;
    answer.result = 1;
    return answer;
  }
  if (datagram.size() < pcp_map_bytes || datagram[0] != pcp_version || datagram[1] != (is_response | opcode_map) ||
      !std::equal(nonce.begin(), nonce.end(), datagram.begin() + nonce_at) ||
      datagram[protocol_at] != protocol_number(request.transport) ||
      get16(datagram, internal_port_at) != request.port) {
    return answer;
  }
  answer.result = datagram[3];
  answer.kind = answer.result == 0 ? PcpAnswer::Kind::granted : PcpAnswer::Kind::refused;
  if (answer.result == 0 && request.lifetime.count() > 0) {
    IpAddress::V6 external;
    std::copy_n(datagram.begin() + external_address_at, external.size(), external.begin());
    const auto lifetime = std::uint32_t{get16(datagram, 4)} << 16 | get16(datagram, 6);
    answer.mapping =
        Mapping{{IpAddress::v6(external), get16(datagram, external_port_at)}, std::chrono::seconds(lifetime)};
  }
  return answer;
}

Pcp::Pcp(const Gateway& gateway, std::uint16_t server_port) : gateway_(gateway), server_port_(server_port) {
  const auto random = identity::random_bytes(nonce_.size());
  std::copy(random.begin(), random.end(), nonce_.begin());
}

std::optional<Mapping> Pcp::map(const MappingRequest& request, Deadline deadline, std::string& failure) {
  DatagramExchange exchange({gateway_.address, server_port_});
  PcpAnswer answer;
  const auto is_answer = [&](ByteView datagram) {
    answer = read_pcp_answer(datagram, request, nonce_);
    return answer.kind != PcpAnswer::Kind::other;
  };
  failure = exchange.run(pcp_map_request(request, gateway_.ours, nonce_), deadline, is_answer);
  if (failure.empty() && answer.kind == PcpAnswer::Kind::refused) {
    failure = "the router refused (PCP result " + std::to_string(answer.result) + ")";
  }
  return answer.mapping;
}

}  // namespace pd::gather
