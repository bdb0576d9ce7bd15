#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "punch/transport_address.h"

namespace pd::punch {

inline constexpr std::size_t max_candidates = 16;           // REACH-4
inline constexpr std::size_t max_host_candidates_told = 6;  // of each transport (REACH-7)

enum class Transport { udp, tcp };

// How the address of a candidate came to be known (REACH-5).
enum class CandidateType {
  host,              // of an interface
  server_reflexive,  // as a STUN server saw it
  port_mapped,       // of a router that was asked to forward it
  configured,        // that the owner made public
};

// Where a device may be reached, as it tells another (RFC 8445, section 5.1).
struct Candidate {
  CandidateType type;
  Transport transport;
  TransportAddress address;

  bool operator==(const Candidate&) const = default;
};

// The names of REACH-5: "server-reflexive", "udp". A name that is none of them gives none.
std::string_view name(CandidateType type);
std::string_view name(Transport transport);
std::optional<CandidateType> candidate_type(std::string_view name);
std::optional<Transport> transport(std::string_view name);

// The ways to a peer, from the best to the worst (REACH-19): what RFC 8445, section 5.1.2, does with priorities.
// Nothing of it is told: the caller chooses, by what it sees.
enum class Path {
  same_machine,
  local_network,
  ipv6,
  public_address,
  port_mapped,
  server_reflexive,
  peer_reflexive,  // RFC 8445, section 7.3.1.3
  sprayed,         // found among many ports (REACH-22)
};

// The way that leads over `candidate`, over UDP or TCP. A loopback address is the same machine.
Path path_over(const Candidate& candidate);

// For people and logs: "local network", "hole punched".
std::string_view name(Path path);

// Whether a description may name `address` (REACH-6): it is neither loopback nor link-local. What is no host at all,
// parse() refuses already.
bool may_be_told(const IpAddress& address);

// Of all that were gathered, those that are told (REACH-7): none that may not be, none twice, at most max_candidates;
// the best of each transport first.
std::vector<Candidate> choose_candidates(std::vector<Candidate> gathered);

}  // namespace pd::punch
