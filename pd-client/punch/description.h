#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "identity/encoding.h"
#include "identity/json.h"
#include "identity/result.h"
#include "punch/candidate.h"

// What one side of a call tells the other about where it is (schema/spec/reach.md). Pure.
namespace pd::punch {

// Who called, and chooses the path (the controlling agent of RFC 8445), and who was called.
enum class Role { caller, callee };

inline constexpr std::size_t max_description_bytes = 3'000;  // REACH-1

// What a NAT does with UDP (REACH-3).
enum class NatKind {
  open,                  // there is none
  endpoint_independent,  // RFC 4787, section 4.1: one mapping whatever the destination
  symmetric,             // another mapping for another destination
  blocked,               // no STUN server answered
  unknown,
};

std::string_view name(NatKind kind);
NatKind nat_kind(std::string_view name);  // unknown for a name that is none

// Drawn for one call. The keys of its probes are made of both sides' (REACH-11).
using ProbeSecret = std::array<std::uint8_t, 32>;
// From the operating system's generator. Throws as identity::random_bytes() does.
ProbeSecret new_probe_secret();

// What names one network stack of one machine since its start (REACH-8). Whoever gathers reads it from the system.
using MachineId = identity::Bytes;

// By this a process of the same machine recognizes the sender, and nobody else does.
struct MachineMark {
  identity::Hash tag;
  std::optional<std::uint16_t> udp;  // ports at 127.0.0.1
  std::optional<std::uint16_t> tcp;

  bool operator==(const MachineMark&) const = default;
};

struct Description {
  ProbeSecret secret;
  NatKind nat = NatKind::unknown;
  std::optional<MachineMark> machine;
  std::vector<Candidate> candidates;

  // Fails with malformed, unsupported or too_large, naming the rule (REACH-1 … REACH-8).
  static identity::Result<Description> from_json(const identity::Json& object);
  // Fails with malformed or too_large where from_json() would refuse what it wrote: nothing is sent that cannot be
  // read.
  identity::Result<identity::Json> json() const;

  bool operator==(const Description&) const = default;
};

// REACH-8: the tag of the machine with this id, in a description with this secret.
identity::Hash machine_tag(const ProbeSecret& secret, identity::ByteView machine_id);

// The candidates of a description that was read, and 127.0.0.1 where it comes from this machine (REACH-9). `own` is
// this machine's id; an empty one is no machine's.
std::vector<Candidate> reachable_candidates(const Description& description, identity::ByteView own);

}  // namespace pd::punch
