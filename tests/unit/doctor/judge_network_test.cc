// What addresses, STUN answers and a router's answer mean.
#include <gtest/gtest.h>

#include "findings.h"

namespace pd::doctor::test {
namespace {

using directory::Kind;
using punch::IpAddress;
using punch::NatKind;
using punch::TransportAddress;

const auto home = IpAddress::v4({192, 168, 1, 20});
const TransportAddress outside{IpAddress::v4({203, 0, 113, 7}), 40'112};

NetworkState behind(NatKind nat) {
  NetworkState network;
  network.addresses = {home};
  network.stun = {{"stun.example.org", 3478}, {"stun.example.org", 3479}};
  network.nat = nat;
  network.router_asked = true;
  network.how = "PCP: no answer";
  network.seen_over_tcp = {outside};
  if (nat != NatKind::blocked) network.seen_over_udp = {outside};
  return network;
}

TEST(JudgeNetwork, KnowsEveryKindOfNat) {
  const struct {
    NatKind nat;
    Grade grade;
    std::string found;
  } cases[] = {
      {NatKind::open, Grade::good, "none"},
      {NatKind::endpoint_independent, Grade::good, "endpoint-independent"},
      {NatKind::symmetric, Grade::limited, "symmetric"},
      {NatKind::blocked, Grade::limited, "UDP is blocked"},
      {NatKind::unknown, Grade::limited, "not known"},
  };
  for (const auto& each : cases) {
    const auto findings = judge(behind(each.nat));
    const auto nat = finding(findings, "NAT");
    EXPECT_EQ(nat.grade, each.grade) << nat.found;
    EXPECT_PRED2(says, nat.found, each.found);
    EXPECT_EQ(finding(findings, "UDP").grade, each.nat == NatKind::blocked ? Grade::limited : Grade::good);
    EXPECT_EQ(status_of(findings), 0) << "pdctl works behind all of them";
  }
  EXPECT_PRED2(says, finding(judge(behind(NatKind::symmetric)), "NAT").help, "UPnP");
}

TEST(JudgeNetwork, TellsTheMappedAddresses) {
  EXPECT_EQ(finding(judge(behind(NatKind::endpoint_independent)), "mapped address").found,
            "UDP 203.0.113.7:40112; TCP 203.0.113.7:40112");
  EXPECT_EQ(finding(judge(behind(NatKind::blocked)), "mapped address").found, "TCP 203.0.113.7:40112");
}

TEST(JudgeNetwork, JudgesWhatTheRouterForwards) {
  const TransportAddress carrier{IpAddress::v4({100, 64, 0, 2}), 4433};
  const struct {
    NatKind nat;
    bool asked;
    std::optional<TransportAddress> mapped;
    Grade grade;
    std::string found;
  } cases[] = {
      {NatKind::symmetric, true, outside, Grade::good, "203.0.113.7:40112 leads to this machine"},
      {NatKind::symmetric, true, carrier, Grade::limited, "there is a second NAT"},
      {NatKind::symmetric, true, std::nullopt, Grade::limited, "PCP: no answer"},
      {NatKind::symmetric, false, std::nullopt, Grade::limited, "PD_PORT_MAPPING"},
      {NatKind::open, true, std::nullopt, Grade::good, "not needed"},
  };
  for (const auto& each : cases) {
    auto network = behind(each.nat);
    network.router_asked = each.asked;
    network.mapped_udp = each.mapped;
    const auto mapping = finding(judge(network), "port mapping");
    EXPECT_EQ(mapping.grade, each.grade) << mapping.found;
    EXPECT_PRED2(says, mapping.found, each.found);
    EXPECT_EQ(mapping.help.empty(), each.grade == Grade::good);
  }
}

TEST(JudgeNetwork, APrivateIpv6AddressIsNone) {
  auto network = behind(NatKind::open);
  network.addresses.push_back(IpAddress::v6({0xfd, 1}));
  EXPECT_EQ(finding(judge(network), "IPv6").grade, Grade::limited);
  network.addresses.push_back(IpAddress::v6({0x20, 1, 0xd, 0xb8}));
  const auto ipv6 = finding(judge(network), "IPv6");
  EXPECT_EQ(ipv6.grade, Grade::good);
  EXPECT_EQ(ipv6.found, "2001:db8::");
}

TEST(JudgeNetwork, SilentServersLeaveTheRestOpen) {
  auto network = behind(NatKind::blocked);
  network.seen_over_tcp.clear();
  const auto findings = judge(network);
  EXPECT_EQ(finding(findings, "STUN").found, "no answer from stun.example.org:3478, stun.example.org:3479");
  EXPECT_FALSE(is_about(findings, "UDP")) << "nobody can tell";
  EXPECT_FALSE(is_about(findings, "NAT"));
}

TEST(JudgeNetwork, NobodyToAskIsSaid) {
  NetworkState network;
  network.addresses = {home};
  EXPECT_PRED2(says, finding(judge(network), "STUN").found, "no STUN server");
}

TEST(JudgeNetwork, WithoutAnyAddressNothingElseMatters) {
  const auto findings = judge(NetworkState());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(status_of(findings), static_cast<int>(Kind::unreachable));
}

}  // namespace
}  // namespace pd::doctor::test
