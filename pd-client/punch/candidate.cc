#include "punch/candidate.h"

#include <algorithm>
#include <array>

namespace pd::punch {
namespace {

struct TypeName {
  CandidateType type;
  std::string_view name;
};

constexpr std::array type_names = {
    TypeName{CandidateType::host, "host"},
    TypeName{CandidateType::server_reflexive, "server-reflexive"},
    TypeName{CandidateType::port_mapped, "port-mapped"},
    TypeName{CandidateType::configured, "public"},
};

}  // namespace

std::string_view name(CandidateType type) {
  return std::ranges::find(type_names, type, &TypeName::type)->name;
}

std::string_view name(Transport transport) {
  return transport == Transport::udp ? "udp" : "tcp";
}

std::optional<CandidateType> candidate_type(std::string_view name) {
  const auto* found = std::ranges::find(type_names, name, &TypeName::name);
  return found == type_names.end() ? std::nullopt : std::optional(found->type);
}

std::optional<Transport> transport(std::string_view name) {
  if (name == "udp") return Transport::udp;
  if (name == "tcp") return Transport::tcp;
  return std::nullopt;
}

Path path_over(const Candidate& candidate) {
  const IpAddress& ip = candidate.address.ip;
  if (ip.is_loopback()) return Path::same_machine;
  if (candidate.type == CandidateType::host && ip.is_private()) return Path::local_network;
  if (!ip.is_v4()) return Path::ipv6;
  switch (candidate.type) {
    case CandidateType::host:
    case CandidateType::configured:
      return Path::public_address;
    case CandidateType::port_mapped:
      return Path::port_mapped;
    case CandidateType::server_reflexive:
      break;
  }
  return Path::server_reflexive;
}

std::string_view name(Path path) {
  switch (path) {
    case Path::same_machine:
      return "same machine";
    case Path::local_network:
      return "local network";
    case Path::ipv6:
      return "IPv6";
    case Path::public_address:
      return "public address";
    case Path::port_mapped:
      return "mapped port";
    case Path::server_reflexive:
    case Path::peer_reflexive:
      return "hole punched";
    case Path::sprayed:
      break;
  }
  return "hole punched among many ports";
}

bool may_be_told(const IpAddress& address) {
  return !address.is_loopback() && !address.is_link_local();
}

std::vector<Candidate> choose_candidates(std::vector<Candidate> gathered) {
  std::ranges::stable_sort(gathered, {}, path_over);
  std::vector<Candidate> chosen;
  const auto is_told = [&](const Candidate& candidate) {
    return std::ranges::any_of(chosen, [&](const Candidate& other) {
      return other.transport == candidate.transport && other.address == candidate.address;
    });
  };
  const auto take = [&](const Candidate& candidate) {
    if (chosen.size() < max_candidates && may_be_told(candidate.address.ip) && !is_told(candidate)) {
      chosen.push_back(candidate);
    }
  };
  for (const Candidate& candidate : gathered)
    if (candidate.type != CandidateType::host) take(candidate);
  std::array<std::size_t, 2> hosts{};  // by transport
  for (const Candidate& candidate : gathered) {
    if (candidate.type != CandidateType::host) continue;
    auto& count = hosts.at(candidate.transport == Transport::tcp ? 1 : 0);
    if (count == max_host_candidates_told) continue;
    const auto before = chosen.size();
    take(candidate);
    count += chosen.size() - before;
  }
  std::ranges::stable_sort(chosen, {}, path_over);
  return chosen;
}

}  // namespace pd::punch
