#include "punch/probe.h"

#include <algorithm>

#include "punch/hmac.h"

namespace pd::punch {
namespace {

constexpr std::size_t signed_bytes = 12;
constexpr std::size_t transaction_offset = 4;
constexpr std::uint8_t nominate_flag = 1;

identity::Hash key_of(Role role, const ProbeSecret& callers, const ProbeSecret& callees) {
  std::array<std::uint8_t, 64> secrets;
  std::ranges::copy(callees, std::ranges::copy(callers, secrets.begin()).out);
  return hkdf_sha256(secrets, role == Role::caller ? "pd/1 probes of the caller" : "pd/1 probes of the callee");
}

// The packet with the HMAC that belongs to its first bytes.
ProbePacket seal(ProbePacket packet, const identity::Hash& key) {
  const identity::Hash mac = hmac_sha256(key, identity::ByteView(packet).first(signed_bytes));
  std::copy_n(mac.begin(), packet.size() - signed_bytes, packet.begin() + signed_bytes);
  return packet;
}

}  // namespace

ProbeCodec::ProbeCodec(Role own, const ProbeSecret& callers, const ProbeSecret& callees)
    : own_(own),
      own_key_(key_of(own, callers, callees)),
      peers_key_(key_of(own == Role::caller ? Role::callee : Role::caller, callers, callees)) {}

ProbePacket ProbeCodec::write(const Probe& probe) const {
  ProbePacket packet{};
  packet[0] = static_cast<std::uint8_t>(probe.type);
  packet[1] = probe.nominates ? nominate_flag : 0;
  for (std::size_t i = 0; i < 8; ++i)
    packet[transaction_offset + i] = static_cast<std::uint8_t>(probe.transaction >> (56 - 8 * i));
  return seal(packet, own_key_);
}

std::optional<Probe> ProbeCodec::read(identity::ByteView datagram) const {
  if (datagram.size() != probe_bytes) return std::nullopt;
  ProbePacket packet;
  std::ranges::copy(datagram, packet.begin());
  if (!identity::equal_constant_time(seal(packet, peers_key_), packet)) return std::nullopt;
  const bool is_request = packet[0] == static_cast<std::uint8_t>(ProbeType::request);
  const bool is_response = packet[0] == static_cast<std::uint8_t>(ProbeType::response);
  const bool may_nominate = is_request && own_ == Role::callee;
  const bool flags_fit = packet[1] == 0 || (packet[1] == nominate_flag && may_nominate);
  if ((!is_request && !is_response) || !flags_fit || packet[2] != 0 || packet[3] != 0) return std::nullopt;
  Probe probe{is_request ? ProbeType::request : ProbeType::response, packet[1] != 0, 0};
  for (std::size_t i = 0; i < 8; ++i)
    probe.transaction = probe.transaction << 8 | packet[transaction_offset + i];
  return probe;
}

}  // namespace pd::punch
