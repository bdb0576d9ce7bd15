#include "punch/spray.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace pd::punch {
namespace {

using namespace std::chrono_literals;

constexpr Instant start = Instant{} + 1h;

punch::Setup setup(NatKind own, NatKind remote) {
  punch::Setup setup{Role::caller, {}, {}, {}, {SocketFamily::v6, SocketFamily::v4}, 5};
  setup.own.nat = own;
  setup.remote.nat = remote;
  for (const auto& [type, text] :
       {std::pair(CandidateType::host, "192.168.1.20:4000"), std::pair(CandidateType::host, "[2001:db8::20]:4000"),
        std::pair(CandidateType::server_reflexive, "203.0.113.7:40112")})
    setup.remote.candidates.push_back({type, Transport::udp, TransportAddress::parse(text).value()});
  return setup;
}

TEST(Spray, OnlyWhereExactlyOneSideIsSymmetric) {
  using enum NatKind;
  for (const NatKind own : {open, endpoint_independent, symmetric, blocked, unknown}) {
    for (const NatKind remote : {open, endpoint_independent, symmetric, blocked, unknown}) {
      const auto keeps = [](NatKind kind) { return kind == open || kind == endpoint_independent; };
      const bool helps = (own == symmetric && keeps(remote)) || (keeps(own) && remote == symmetric);
      EXPECT_EQ(Spray::plan(setup(own, remote), start).has_value(), helps) << name(own) << " " << name(remote);
    }
  }
}

TEST(Spray, TriesEachPortOnce) {
  auto spray = Spray::plan(setup(NatKind::open, NatKind::symmetric), start);
  ASSERT_TRUE(spray);
  EXPECT_FALSE(spray->wants_sockets(start + 1h));
  EXPECT_EQ(spray->next(), start + ports_probed_after);
  EXPECT_TRUE(spray->due(start + 299ms).empty());
  std::set<std::uint16_t> ports;
  std::size_t shots = 0;
  Instant now = start;
  while (spray->next()) {
    ASSERT_GE(*spray->next(), now);
    now = *spray->next();
    const auto due = spray->due(now);
    ASSERT_LE(due.size(), ports_at_once);
    for (const auto& shot : due) {
      EXPECT_EQ(shot.to.ip.text(), "203.0.113.7");
      EXPECT_GE(shot.to.port, 1'024);
      EXPECT_EQ(shot.socket, 1u) << "the first that can send over IPv4";
      EXPECT_FALSE(shot.ends_early);
      ports.insert(shot.to.port);
      ++shots;
    }
  }
  EXPECT_EQ(shots, max_spray_probes);
  EXPECT_EQ(ports.size(), shots);
  EXPECT_LT(now - start, 6s);
}

TEST(Spray, OpensEachSocketTwice) {
  auto spray = Spray::plan(setup(NatKind::symmetric, NatKind::open), start);
  ASSERT_TRUE(spray);
  EXPECT_FALSE(spray->wants_sockets(start + 199ms));
  EXPECT_TRUE(spray->wants_sockets(start + 200ms));
  EXPECT_FALSE(spray->wants_sockets(start + 200ms)) << "once";
  EXPECT_FALSE(spray->next()) << "it waits for them";
  spray->sockets_opened(2, spray_sockets, start + 200ms);
  std::map<std::size_t, int> early;
  std::map<std::size_t, int> usual;
  while (spray->next()) {
    for (const auto& shot : spray->due(*spray->next())) {
      EXPECT_EQ(shot.to.text(), "203.0.113.7:40112");
      ++(shot.ends_early ? early : usual)[shot.socket];
    }
  }
  EXPECT_EQ(early.size(), spray_sockets);
  EXPECT_EQ(early.begin()->first, 2u);
  EXPECT_EQ(early, usual);
  for (const auto& [socket, count] : early)
    EXPECT_EQ(count, 1) << socket;
}

TEST(Spray, ALateClockGetsNoMoreAtOnce) {
  auto spray = Spray::plan(setup(NatKind::open, NatKind::symmetric), start);
  EXPECT_EQ(spray->due(start + 5s).size(), ports_at_once);
  EXPECT_TRUE(spray->due(start + 5s).empty());
}

}  // namespace
}  // namespace pd::punch
