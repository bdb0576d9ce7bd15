#include "punch/description.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "identity/mutator.h"

namespace pd::punch {
namespace {

using identity::Json;

Candidate candidate(CandidateType type, Transport over, std::string_view address) {
  return {type, over, TransportAddress::parse(address).value()};
}

template <class T>
std::string rule_of(const identity::Result<T>& result) {
  return result ? "accepted" : result.error().rule;
}

// The longest that there can be.
Description full() {
  Description description{};
  description.secret.fill(0xFF);
  description.nat = NatKind::endpoint_independent;
  description.machine = MachineMark{identity::sha256({}), 65'535, 65'535};
  for (int i = 0; i < 16; ++i)
    description.candidates.push_back(
        candidate(CandidateType::server_reflexive, Transport::udp,
                  "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:" + std::to_string(65'500 + i)));
  return description;
}

TEST(Description, ReadsWhatItWrote) {
  const Description description = full();
  const auto json = description.json();
  ASSERT_TRUE(json);
  EXPECT_LE(json->dump().size(), max_description_bytes);
  EXPECT_EQ(Description::from_json(*json), description);
}

TEST(Description, IsNotWrittenWhenItCouldNotBeRead) {
  Description description = full();
  description.candidates.push_back(candidate(CandidateType::host, Transport::udp, "192.168.1.20:1"));
  EXPECT_EQ(rule_of(description.json()), "REACH-4");
  description.candidates = {candidate(CandidateType::host, Transport::udp, "127.0.0.1:1")};
  EXPECT_EQ(rule_of(description.json()), "REACH-6");
  description.candidates = {candidate(CandidateType::host, Transport::udp, "[fe80::1]:1")};
  EXPECT_EQ(rule_of(description.json()), "REACH-6");
}

TEST(Description, SecretsAreFresh) {
  EXPECT_NE(new_probe_secret(), new_probe_secret());
}

TEST(Description, TheSameMachineAloneIsReachedByLoopback) {
  const MachineId here = {1, 2, 3};
  const MachineId elsewhere = {1, 2, 4};
  Description description = full();
  description.candidates.erase(description.candidates.begin() + 1, description.candidates.end());
  description.machine->tag = machine_tag(description.secret, here);
  const auto at_home = reachable_candidates(description, here);
  ASSERT_EQ(at_home.size(), 3u);
  EXPECT_EQ(at_home[0], candidate(CandidateType::host, Transport::udp, "127.0.0.1:65535"));
  EXPECT_EQ(at_home[1], candidate(CandidateType::host, Transport::tcp, "127.0.0.1:65535"));
  EXPECT_EQ(reachable_candidates(description, elsewhere), description.candidates);
  EXPECT_EQ(reachable_candidates(description, {}), description.candidates);
  description.machine->tag = machine_tag(description.secret, {});
  EXPECT_EQ(reachable_candidates(description, {}), description.candidates) << "no machine is not the same machine";
  description.machine->tag = machine_tag(full().secret, here);
  description.secret[0] ^= 1;
  EXPECT_EQ(reachable_candidates(description, here), description.candidates) << "the tag of another call";
}

TEST(Candidates, TheBestAreChosen) {
  std::vector<Candidate> gathered;
  for (int i = 1; i <= 20; ++i) {
    gathered.push_back(candidate(CandidateType::host, Transport::udp, "172.17." + std::to_string(i) + ".1:4000"));
    gathered.push_back(candidate(CandidateType::host, Transport::tcp, "172.17." + std::to_string(i) + ".1:4000"));
  }
  gathered.push_back(candidate(CandidateType::host, Transport::udp, "127.0.0.1:4000"));
  gathered.push_back(candidate(CandidateType::host, Transport::udp, "[::1]:4000"));
  gathered.push_back(candidate(CandidateType::host, Transport::udp, "[fe80::1]:4000"));
  gathered.push_back(candidate(CandidateType::server_reflexive, Transport::udp, "203.0.113.7:4000"));
  gathered.push_back(candidate(CandidateType::server_reflexive, Transport::udp, "203.0.113.7:4000"));
  gathered.push_back(candidate(CandidateType::port_mapped, Transport::tcp, "203.0.113.7:4000"));
  const auto chosen = choose_candidates(gathered);
  const auto count = [&](CandidateType type, Transport over) {
    return std::ranges::count_if(chosen, [&](const Candidate& it) { return it.type == type && it.transport == over; });
  };
  EXPECT_EQ(count(CandidateType::host, Transport::udp), 6);
  EXPECT_EQ(count(CandidateType::host, Transport::tcp), 6);
  EXPECT_EQ(count(CandidateType::server_reflexive, Transport::udp), 1);
  EXPECT_EQ(count(CandidateType::port_mapped, Transport::tcp), 1);
  EXPECT_TRUE(std::ranges::is_sorted(chosen, {}, path_over));
  for (const Candidate& it : chosen)
    EXPECT_TRUE(may_be_told(it.address.ip));
  EXPECT_LE(choose_candidates(std::vector(40, gathered[0])).size(), 1u);
}

TEST(Candidates, PathsAreOrdered) {
  const auto path = [](CandidateType type, std::string_view address) {
    return path_over(candidate(type, Transport::udp, address));
  };
  EXPECT_EQ(path(CandidateType::host, "127.0.0.1:1"), Path::same_machine);
  EXPECT_EQ(path(CandidateType::host, "10.0.0.1:1"), Path::local_network);
  EXPECT_EQ(path(CandidateType::host, "172.31.0.1:1"), Path::local_network);
  EXPECT_EQ(path(CandidateType::host, "100.127.0.1:1"), Path::local_network);
  EXPECT_EQ(path(CandidateType::host, "[fd00::1]:1"), Path::local_network);
  EXPECT_EQ(path(CandidateType::host, "172.32.0.1:1"), Path::public_address);
  EXPECT_EQ(path(CandidateType::host, "100.128.0.1:1"), Path::public_address);
  EXPECT_EQ(path(CandidateType::host, "[2001:db8::1]:1"), Path::ipv6);
  EXPECT_EQ(path(CandidateType::configured, "203.0.113.7:1"), Path::public_address);
  EXPECT_EQ(path(CandidateType::port_mapped, "203.0.113.7:1"), Path::port_mapped);
  EXPECT_EQ(path(CandidateType::server_reflexive, "203.0.113.7:1"), Path::server_reflexive);
  EXPECT_EQ(path(CandidateType::server_reflexive, "100.64.0.1:1"), Path::server_reflexive);
}

TEST(TransportAddress, HasOneSpelling) {
  for (const char* text : {"203.0.113.7:40112", "[2001:db8::20]:51820", "127.0.0.1:1"})
    EXPECT_EQ(TransportAddress::parse(text).value().text(), text);
  for (const char* text : {"203.0.113.7", "203.0.113.7:0", "203.0.113.07:1", "[2001:DB8::20]:1", "[::ffff:cb00:7107]:1",
                           "2001:db8::20:1", "localhost:1", "0.0.0.0:1", "224.0.0.1:1", ""})
    EXPECT_EQ(rule_of(TransportAddress::parse(text)), "REACH-6") << text;
}

TEST(IpAddress, AMappedIpv4AddressIsTheIpv4Address) {
  const auto mapped = IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7});
  EXPECT_EQ(mapped, IpAddress::v4({203, 0, 113, 7}));
  EXPECT_EQ(mapped.v4_bytes(), (IpAddress::V4{203, 0, 113, 7}));
  EXPECT_EQ(mapped.text(), "203.0.113.7");
}

TEST(Mutation, OfADescription) {
  const std::string text = full().json().value().dump();
  identity::sample::Mutator mutate(1);
  int accepted = 0;
  for (int i = 0; i < 6'000; ++i) {
    const std::string spoiled = mutate(text);
    const auto object = identity::parse_object(spoiled, {spoiled.size(), 4});
    if (!object) continue;
    const auto description = Description::from_json(*object);
    if (!description) {
      ASSERT_TRUE(description.error().rule.starts_with("REACH-")) << spoiled;
      continue;
    }
    ++accepted;
    // Whatever was accepted can be said again, and keeps the bounds.
    ASSERT_LE(description->candidates.size(), max_candidates) << spoiled;
    for (const Candidate& it : description->candidates)
      ASSERT_TRUE(may_be_told(it.address.ip) && it.address.port != 0) << spoiled;
    ASSERT_EQ(Description::from_json(description->json().value()), *description) << spoiled;
  }
  EXPECT_GT(accepted, 100) << "the mutations are too wild to show anything";
}

}  // namespace
}  // namespace pd::punch
