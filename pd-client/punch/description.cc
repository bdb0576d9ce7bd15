#include "punch/description.h"

#include <algorithm>
#include <string>

#include "punch/hmac.h"

namespace pd::punch {

using identity::fail;
using identity::Json;
using identity::Reason;
using identity::Result;

namespace {

struct NatName {
  NatKind kind;
  std::string_view name;
};

constexpr std::array nat_names = {
    NatName{NatKind::open, "open"},           NatName{NatKind::endpoint_independent, "endpoint-independent"},
    NatName{NatKind::symmetric, "symmetric"}, NatName{NatKind::blocked, "blocked"},
    NatName{NatKind::unknown, "unknown"},
};

Result<identity::Hash> bytes_member(const Json& object, std::string_view name, std::string_view rule) {
  const auto text = identity::string_member(object, name, rule);
  if (!text) return tl::unexpected(text.error());
  const auto bytes = identity::hash_from_base64url(*text);
  if (!bytes) return fail(Reason::malformed, rule, "\"" + std::string(name) + "\" is not base64url of 32 bytes");
  return *bytes;
}

// A candidate; none where it is of a kind that is not ours (REACH-4).
Result<std::optional<Candidate>> read_candidate(const Json& item) {
  if (!item.is_object()) return fail(Reason::malformed, "REACH-4", "a candidate is an object");
  const auto type_name = identity::string_member(item, "type", "REACH-5");
  if (!type_name) return tl::unexpected(type_name.error());
  const auto transport_name = identity::string_member(item, "transport", "REACH-5");
  if (!transport_name) return tl::unexpected(transport_name.error());
  const auto type = candidate_type(*type_name);
  const auto over = transport(*transport_name);
  if (!type || !over) return std::nullopt;
  const auto text = identity::string_member(item, "address", "REACH-6");
  if (!text) return tl::unexpected(text.error());
  const auto address = TransportAddress::parse(*text);
  if (!address) return tl::unexpected(address.error());
  if (!may_be_told(address->ip)) return fail(Reason::not_allowed, "REACH-6", "a loopback or link-local address");
  return Candidate{*type, *over, *address};
}

Result<std::vector<Candidate>> read_candidates(const Json& object) {
  const auto items = identity::array_member(object, "candidates", "REACH-4");
  if (!items) return tl::unexpected(items.error());
  if ((*items)->size() > max_candidates) return fail(Reason::too_large, "REACH-4", "more than 16 candidates");
  std::vector<Candidate> candidates;
  for (const Json& item : **items) {
    const auto candidate = read_candidate(item);
    if (!candidate) return tl::unexpected(candidate.error());
    if (!*candidate) continue;
    const bool is_there = std::ranges::any_of(candidates, [&](const Candidate& other) {
      return other.transport == (*candidate)->transport && other.address == (*candidate)->address;
    });
    if (is_there) return fail(Reason::malformed, "REACH-6", "a candidate is there twice");
    candidates.push_back(**candidate);
  }
  return candidates;
}

Result<std::optional<std::uint16_t>> read_port(const Json& object, std::string_view name) {
  if (!object.contains(name)) return std::nullopt;
  const auto port = identity::integer_member(object, name, "REACH-8");
  if (!port) return tl::unexpected(port.error());
  if (*port < 1 || *port > 65'535) return fail(Reason::malformed, "REACH-8", "a port is 1 to 65535");
  return static_cast<std::uint16_t>(*port);
}

Result<std::optional<MachineMark>> read_machine(const Json& object) {
  if (!object.contains("machine")) return std::nullopt;
  const auto mark = identity::object_member(object, "machine", "REACH-8");
  if (!mark) return tl::unexpected(mark.error());
  const auto tag = bytes_member(**mark, "tag", "REACH-8");
  if (!tag) return tl::unexpected(tag.error());
  const auto udp = read_port(**mark, "udp");
  if (!udp) return tl::unexpected(udp.error());
  const auto tcp = read_port(**mark, "tcp");
  if (!tcp) return tl::unexpected(tcp.error());
  return MachineMark{*tag, *udp, *tcp};
}

Json machine_json(const MachineMark& mark) {
  Json json = {{"tag", identity::base64url(mark.tag)}};
  if (mark.udp) json["udp"] = *mark.udp;
  if (mark.tcp) json["tcp"] = *mark.tcp;
  return json;
}

Json candidates_json(const std::vector<Candidate>& candidates) {
  Json json = Json::array();
  for (const Candidate& candidate : candidates)
    json.push_back({{"type", name(candidate.type)},
                    {"transport", name(candidate.transport)},
                    {"address", candidate.address.text()}});
  return json;
}

}  // namespace

std::string_view name(NatKind kind) {
  return std::ranges::find(nat_names, kind, &NatName::kind)->name;
}

NatKind nat_kind(std::string_view name) {
  const auto* found = std::ranges::find(nat_names, name, &NatName::name);
  return found == nat_names.end() ? NatKind::unknown : found->kind;
}

ProbeSecret new_probe_secret() {
  ProbeSecret secret;
  std::ranges::copy(identity::random_bytes(secret.size()), secret.begin());
  return secret;
}

Result<Description> Description::from_json(const Json& object) {
  if (object.dump().size() > max_description_bytes) {
    return fail(Reason::too_large, "REACH-1", "the description is too long");
  }
  const auto version = identity::integer_member(object, "v", "REACH-1");
  if (!version) return tl::unexpected(version.error());
  if (*version != 1) return fail(Reason::unsupported, "REACH-1", "another version of the description");
  const auto secret = bytes_member(object, "secret", "REACH-2");
  if (!secret) return tl::unexpected(secret.error());
  const auto nat = identity::string_member(object, "nat", "REACH-3");
  if (!nat) return tl::unexpected(nat.error());
  const auto machine = read_machine(object);
  if (!machine) return tl::unexpected(machine.error());
  auto candidates = read_candidates(object);
  if (!candidates) return tl::unexpected(candidates.error());
  return Description{*secret, nat_kind(*nat), *machine, std::move(*candidates)};
}

Result<Json> Description::json() const {
  Json json = {{"v", 1},
               {"secret", identity::base64url(secret)},
               {"nat", name(nat)},
               {"candidates", candidates_json(candidates)}};
  if (machine) json["machine"] = machine_json(*machine);
  if (const auto again = from_json(json); !again) return tl::unexpected(again.error());
  return json;
}

identity::Hash machine_tag(const ProbeSecret& secret, identity::ByteView machine_id) {
  constexpr std::string_view label = "pd/1 machine\n";
  identity::Bytes text(label.begin(), label.end());
  text.insert(text.end(), machine_id.begin(), machine_id.end());
  return hmac_sha256(secret, text);
}

std::vector<Candidate> reachable_candidates(const Description& description, identity::ByteView own) {
  std::vector<Candidate> candidates = description.candidates;
  const auto& mark = description.machine;
  if (!mark || own.empty() || !identity::equal_constant_time(machine_tag(description.secret, own), mark->tag)) {
    return candidates;
  }
  const IpAddress loopback = IpAddress::v4(loopback_v4);
  if (mark->tcp) candidates.insert(candidates.begin(), {CandidateType::host, Transport::tcp, {loopback, *mark->tcp}});
  if (mark->udp) candidates.insert(candidates.begin(), {CandidateType::host, Transport::udp, {loopback, *mark->udp}});
  return candidates;
}

}  // namespace pd::punch
