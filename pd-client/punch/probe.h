#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "identity/encoding.h"
#include "punch/description.h"

namespace pd::punch {

inline constexpr std::size_t probe_bytes = 28;  // REACH-12

enum class ProbeType : std::uint8_t { request = 1, response = 2 };

struct Probe {
  ProbeType type;
  bool nominates;  // a request of the caller: this is the path (REACH-20)
  std::uint64_t transaction;

  bool operator==(const Probe&) const = default;
};

using ProbePacket = std::array<std::uint8_t, probe_bytes>;

// Writes one side's probes of a call, and reads the other side's.
class ProbeCodec {
 public:
  // The keys of REACH-11. Throws as hmac_sha256() does, and so do the others.
  ProbeCodec(Role own, const ProbeSecret& callers, const ProbeSecret& callees);

  // Only a request of the caller nominates.
  ProbePacket write(const Probe& probe) const;
  // None for whatever is not a probe of the other side in this call (REACH-12). Only a datagram of 28 bytes costs an
  // HMAC.
  std::optional<Probe> read(identity::ByteView datagram) const;

 private:
  Role own_;
  identity::Hash own_key_;
  identity::Hash peers_key_;
};

}  // namespace pd::punch
