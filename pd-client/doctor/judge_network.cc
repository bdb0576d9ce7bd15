#include <algorithm>
#include <iterator>

#include "doctor/finding.h"

namespace pd::doctor {

using directory::Kind;
using punch::NatKind;

namespace {

constexpr const char* router_help = "turn on UPnP, NAT-PMP or PCP in the router";

template <class List>
std::string texts(const List& list) {
  std::string text;
  for (const auto& each : list)
    text += (text.empty() ? "" : ", ") + each.text();
  return text;
}

Finding about_addresses(const NetworkState& network) {
  if (!network.addresses.empty()) return {"addresses", Grade::good, texts(network.addresses)};
  return {"addresses", Grade::bad, "this machine is in no network", "connect it to one", {}, Kind::unreachable};
}

Finding about_ipv6(const NetworkState& network) {
  std::vector<punch::IpAddress> global;
  std::ranges::copy_if(network.addresses, std::back_inserter(global),
                       [](const punch::IpAddress& each) { return !each.is_v4() && !each.is_private(); });
  if (!global.empty()) return {"IPv6", Grade::good, texts(global)};
  return {"IPv6", Grade::limited, "this machine has no public IPv6 address",
          "with IPv6 on both sides no NAT is in the way: the router or the provider may have it"};
}

Finding about_stun(const NetworkState& network) {
  if (network.stun.empty()) {
    return {"STUN", Grade::limited, "there is no STUN server to ask, so where the world sees this machine is not known",
            "whoever runs the domain can turn it on: pd-server run --stun"};
  }
  const auto asked = texts(network.stun);
  if (network.seen_over_udp.empty() && network.seen_over_tcp.empty()) {
    return {"STUN", Grade::limited, "no answer from " + asked,
            "either this network lets out nothing but the web, or a firewall stands before the server: its STUN ports "
            "must be open over UDP and TCP"};
  }
  return {"STUN", Grade::good, "answers from " + asked};
}

Finding about_udp(const NetworkState& network) {
  if (!network.seen_over_udp.empty()) return {"UDP", Grade::good, "goes out, and answers come back"};
  return {"UDP", Grade::limited, "nothing came back over UDP",
          "links are made over TCP only; another network, or a port that the router forwards, would help"};
}

Finding about_nat(const NetworkState& network) {
  switch (network.nat) {
    case NatKind::open:
      return {"NAT", Grade::good, "none: the world sees an address of this machine itself"};
    case NatKind::endpoint_independent:
      return {"NAT", Grade::good, "endpoint-independent: one mapping for all destinations, holes can be punched"};
    case NatKind::symmetric:
      return {
          "NAT", Grade::limited, "symmetric: another mapping for every destination",
          std::string("people behind another symmetric NAT cannot be reached over IPv4 unless one router forwards a "
                      "port: ") +
              router_help};
    case NatKind::blocked:
      return {"NAT", Grade::limited, "its kind is not known, since UDP is blocked"};
    case NatKind::unknown:
      break;
  }
  return {"NAT", Grade::limited, "its kind is not known: that takes two answers over UDP"};
}

Finding about_mapped(const NetworkState& network) {
  std::string found;
  if (!network.seen_over_udp.empty()) found = "UDP " + texts(network.seen_over_udp);
  if (!network.seen_over_tcp.empty()) found += (found.empty() ? "TCP " : "; TCP ") + texts(network.seen_over_tcp);
  return {"mapped address", Grade::good, found};
}

Finding about_forwarded(const NetworkState& network) {
  const std::string name = "port mapping";
  if (network.nat == NatKind::open) return {name, Grade::good, "not needed: there is no NAT"};
  if (!network.router_asked)
    return {name, Grade::limited, "not asked for (PD_PORT_MAPPING=off)", "unset PD_PORT_MAPPING"};
  const auto& external = network.mapped_udp ? network.mapped_udp : network.mapped_tcp;
  if (!external) return {name, Grade::limited, "the router forwards no port (" + network.how + ")", router_help};
  if (external->ip.is_private()) {  // RACE-3
    return {name, Grade::limited,
            "the router forwards ports (" + network.how + "), but its own address, " + external->ip.text() +
                ", is private: there is a second NAT",
            "ask the provider for a public address, or for IPv6"};
  }
  return {name, Grade::good, external->text() + " leads to this machine (" + network.how + ")"};
}

}  // namespace

Findings judge(const NetworkState& network) {
  Findings findings = {about_addresses(network)};
  if (network.addresses.empty()) return findings;
  findings.push_back(about_ipv6(network));
  findings.push_back(about_stun(network));
  const bool answered = !network.seen_over_udp.empty() || !network.seen_over_tcp.empty();
  if (answered) {  // else nothing tells these from each other
    findings.push_back(about_udp(network));
    findings.push_back(about_nat(network));
    findings.push_back(about_mapped(network));
  }
  findings.push_back(about_forwarded(network));
  return findings;
}

}  // namespace pd::doctor
