// Calls in particular places, in a simulated network.
#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "support/call.h"

namespace pd::punch {
namespace {

using namespace std::chrono_literals;
using sim::BoxKind;
using sim::Filtering;
using sim::Host;
using sim::Mapping;
using sim::Network;
using sim::Peer;

constexpr BoxKind port_restricted{};
constexpr BoxKind symmetric{Mapping::symmetric};

// Two people at home, each behind a box of their own.
struct Homes {
  Network network;
  Host one;
  Host two;

  Homes(const BoxKind& at_one, const BoxKind& at_two, sim::Weather weather = {}, std::uint32_t seed = 1)
      : network(weather, seed),
        one(network, network.behind(at_one, "203.0.113.7", network.internet()), "192.168.1.20"),
        two(network, network.behind(at_two, "198.51.100.7", network.internet()), "192.168.1.20") {}
};

// Two people in one home.
struct SharedHome {
  Network network;
  sim::Realm& home;
  Host one;
  Host two;

  explicit SharedHome(bool hairpins)
      : home(network.behind({.hairpins = hairpins}, "203.0.113.7", network.internet())),
        one(network, home, "192.168.1.20", "2001:db8::20"),
        two(network, home, "192.168.1.21", "2001:db8::21") {}
};

std::chrono::nanoseconds took(const Peer& caller, const Peer& callee) {
  return std::max(caller.ended, callee.ended) - callee.began;
}

TEST(Scenario, TheSameMachineIsTheBestWay) {
  Network network;
  Host host(network, network.behind(port_restricted, "203.0.113.7", network.internet()), "192.168.1.20",
            "2001:db8::20");
  Peer caller(host, Role::caller);
  Peer callee(host, Role::callee);
  sim::call(network, caller, callee, 1ms);
  ASSERT_TRUE(caller.found && callee.found);
  EXPECT_EQ(caller.found->path, Path::same_machine);
  EXPECT_TRUE(caller.found->remote.ip.is_loopback());
  EXPECT_LT(took(caller, callee), 20ms);
  EXPECT_TRUE(sim::path_works(network, caller, callee));
}

TEST(Scenario, TheLocalNetworkIsBetterThanIpv6) {
  for (const bool hairpins : {true, false}) {
    SharedHome at(hairpins);
    Peer caller(at.one, Role::caller);
    Peer callee(at.two, Role::callee);
    sim::call(at.network, caller, callee, 1ms);
    ASSERT_TRUE(caller.found && callee.found);
    EXPECT_EQ(caller.found->path, Path::local_network);
    EXPECT_EQ(caller.found->remote.ip, at.two.v4());
    EXPECT_LT(took(caller, callee), 30ms);
    EXPECT_TRUE(sim::path_works(at.network, caller, callee));
  }
}

// Client isolation: two machines behind one NAT that cannot see each other.
TEST(Scenario, AHairpinIsTheLastWayHome) {
  for (const bool hairpins : {true, false}) {
    SharedHome at(hairpins);
    Peer caller(at.one, Role::caller);
    Peer callee(at.two, Role::callee);
    for (Peer* peer : {&caller, &callee})
      std::erase_if(peer->own.candidates, [](const Candidate& it) { return it.type == CandidateType::host; });
    sim::call(at.network, caller, callee, 1ms);
    EXPECT_EQ(caller.found.has_value(), hairpins);
    EXPECT_EQ(sim::path_works(at.network, caller, callee), hairpins);
  }
}

TEST(Scenario, Ipv6ThroughStatefulFirewalls) {
  Network network({20ms, 0});
  Host one(network, network.behind(symmetric, "203.0.113.7", network.internet()), "192.168.1.20", "2001:db8:1::20");
  Host two(network, network.behind(symmetric, "198.51.100.7", network.internet()), "192.168.1.20", "2001:db8:2::20");
  Peer caller(one, Role::caller);
  Peer callee(two, Role::callee);
  sim::call(network, caller, callee, 50ms);
  ASSERT_TRUE(caller.found && callee.found);
  EXPECT_EQ(caller.found->path, Path::ipv6);
  EXPECT_LT(took(caller, callee), 200ms);
  EXPECT_TRUE(sim::path_works(network, caller, callee));
}

TEST(Scenario, TwoSymmetricNatsNeedAMappedPort) {
  for (const bool maps_port : {true, false}) {
    Homes at(symmetric, symmetric);
    Peer caller(at.one, Role::caller);
    Peer callee(at.two, Role::callee, {.maps_port = maps_port});
    sim::call(at.network, caller, callee, 1ms);
    ASSERT_EQ(caller.found.has_value(), maps_port);
    if (maps_port) {
      EXPECT_EQ(caller.found->path, Path::port_mapped);
      EXPECT_LT(took(caller, callee), 100ms);
      EXPECT_TRUE(sim::path_works(at.network, caller, callee));
    } else {
      EXPECT_EQ(caller.failed->obstacle, Obstacle::both_symmetric);
      EXPECT_EQ(caller.ended - caller.began, 8s);
      EXPECT_EQ(callee.failed->obstacle, Obstacle::both_symmetric);
      EXPECT_EQ(callee.ended - callee.began, 10s);
    }
  }
}

TEST(Scenario, WhereUdpIsBlockedBothSidesSayWhere) {
  Network network;
  Host one(network, network.behind({.drops_udp = true}, "203.0.113.7", network.internet()), "192.168.1.20");
  Host two(network, network.internet(), "198.51.100.7");
  Peer caller(one, Role::caller);
  Peer callee(two, Role::callee);
  sim::call(network, caller, callee, 1ms);
  ASSERT_TRUE(caller.failed && callee.failed);
  EXPECT_EQ(caller.failed->obstacle, Obstacle::udp_blocked_here);
  EXPECT_EQ(callee.failed->obstacle, Obstacle::udp_blocked_there);
  ASSERT_EQ(caller.failed->attempts.size(), 1u);
  EXPECT_EQ(caller.failed->attempts[0].requests, max_requests);
  EXPECT_EQ(caller.failed->attempts[0].trouble, Trouble::no_answer);
}

// What comes too early makes such a NAT give the caller's packets another port: the callee's first ones must end
// before.
TEST(Scenario, ANatThatIsConfusedByStrangers) {
  const BoxKind confused{.is_confused_by_strangers = true};
  Homes at(confused, confused, {1ms, 0});
  Peer caller(at.one, Role::caller);
  Peer callee(at.two, Role::callee);
  sim::call(at.network, caller, callee, 45ms);
  EXPECT_TRUE(sim::path_works(at.network, caller, callee));
  EXPECT_LT(took(caller, callee), 100ms);
}

TEST(Scenario, TheSprayDoesWithFewerSockets) {
  Homes at(symmetric, port_restricted);
  Peer caller(at.one, Role::caller, {.sockets = 100});
  Peer callee(at.two, Role::callee);
  sim::call(at.network, caller, callee, 1ms);
  EXPECT_TRUE(sim::path_works(at.network, caller, callee));
  Peer poor(at.one, Role::caller, {.sockets = 0});
  Peer other(at.two, Role::callee);
  sim::call(at.network, poor, other, 1ms);
  EXPECT_TRUE(poor.failed && other.failed);
  EXPECT_EQ(poor.failed->obstacle, Obstacle::no_answer);
}

// Half of the sprays end within a second, whichever side is symmetric.
TEST(Scenario, TheSprayTakesLessThanASecondAtTheMedian) {
  for (const bool caller_is_symmetric : {true, false}) {
    std::vector<std::chrono::nanoseconds> times;
    for (std::uint32_t seed = 1; seed <= 41; ++seed) {
      Homes at(caller_is_symmetric ? symmetric : port_restricted, caller_is_symmetric ? port_restricted : symmetric, {},
               seed);
      Peer caller(at.one, Role::caller, {.seed = seed});
      Peer callee(at.two, Role::callee, {.seed = seed + 1'000});
      sim::call(at.network, caller, callee, 1ms);
      ASSERT_TRUE(sim::path_works(at.network, caller, callee)) << seed;
      times.push_back(took(caller, callee));
    }
    std::ranges::sort(times);
    std::printf("spray, %s symmetric: median %lld ms, worst %lld ms of %zu\n",
                caller_is_symmetric ? "caller" : "callee", static_cast<long long>(times[times.size() / 2] / 1ms),
                static_cast<long long>(times.back() / 1ms), times.size());
    EXPECT_LT(times[times.size() / 2], 1s);
  }
}

TEST(Scenario, LossCostsTimeAndNothingElse) {
  for (const double loss : {0.05, 0.20}) {
    std::vector<std::chrono::nanoseconds> times;
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
      Homes at(port_restricted, port_restricted, {40ms, loss}, seed);
      Peer caller(at.one, Role::caller, {.seed = seed});
      Peer callee(at.two, Role::callee, {.seed = seed + 1'000});
      sim::call(at.network, caller, callee, 100ms);
      ASSERT_TRUE(sim::path_works(at.network, caller, callee)) << loss << ", seed " << seed;
      times.push_back(took(caller, callee));
    }
    std::ranges::sort(times);
    std::printf("%2.0f %% loss, 40 ms: median %lld ms, worst %lld ms of %zu\n", loss * 100,
                static_cast<long long>(times[times.size() / 2] / 1ms), static_cast<long long>(times.back() / 1ms),
                times.size());
    EXPECT_LT(times[times.size() / 2], 500ms);
    EXPECT_LT(times.back(), 3s);
  }
}

TEST(Scenario, TheSprayStandsLossToo) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    Homes at(port_restricted, symmetric, {40ms, 0.20}, seed);
    Peer caller(at.one, Role::caller, {.seed = seed});
    Peer callee(at.two, Role::callee, {.seed = seed + 1'000});
    sim::call(at.network, caller, callee, 100ms);
    ASSERT_TRUE(sim::path_works(at.network, caller, callee)) << seed;
  }
}

// Whoever is lied to about where the other is sends little to those who are not the other.
TEST(Scenario, SpoofedCandidatesGetFewSmallPackets) {
  for (const auto& [own, remote] :
       {std::pair(NatKind::endpoint_independent, NatKind::endpoint_independent),
        std::pair(NatKind::symmetric, NatKind::open), std::pair(NatKind::endpoint_independent, NatKind::symmetric)}) {
    Network network;
    Host victim(network, network.behind(port_restricted, "203.0.113.7", network.internet()), "192.168.1.20");
    Peer callee(victim, Role::callee);
    callee.own.nat = own;
    Description lies = callee.own;
    lies.secret.fill(7);
    lies.nat = remote;
    lies.candidates.clear();
    for (std::uint16_t i = 0; i < max_candidates; ++i)
      lies.candidates.push_back({CandidateType::server_reflexive,
                                 Transport::udp,
                                 {sim::ip_address("198.51.100.1"), static_cast<std::uint16_t>(1'000 + i)}});
    std::map<TransportAddress, std::size_t> packets;
    std::size_t bytes = 0;
    network.watch = [&](const sim::Datagram& datagram) {
      ++packets[datagram.to];
      bytes += datagram.bytes.size();
      EXPECT_LE(datagram.bytes.size(), 64u);
    };
    callee.begin(lies);
    network.run(network.now() + 60s, [] { return false; });
    ASSERT_TRUE(callee.failed);
    std::size_t most = 0;
    std::size_t total = 0;
    for (const auto& [to, count] : packets) {
      most = std::max(most, count);
      total += count;
    }
    std::printf(
        "16 spoofed candidates, own NAT %s, theirs %s: at most %zu packets to an address, %zu packets and %zu "
        "bytes in all\n",
        name(own).data(), name(remote).data(), most, total, bytes);
    EXPECT_LE(most, own == NatKind::symmetric ? max_requests + 2 * spray_sockets : max_requests + 1);
    EXPECT_LE(total, max_packets_to_find);
  }
}

}  // namespace
}  // namespace pd::punch
