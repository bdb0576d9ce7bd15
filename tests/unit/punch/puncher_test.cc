// One Puncher, driven by hand.
#include "punch/puncher.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace pd::punch {
namespace {

using namespace std::chrono_literals;

TransportAddress address(std::string_view text) {
  return TransportAddress::parse(text).value();
}

Description description(std::uint8_t secret, std::initializer_list<const char*> addresses) {
  Description description{};
  description.secret.fill(secret);
  description.nat = NatKind::endpoint_independent;
  for (const char* text : addresses)
    description.candidates.push_back({CandidateType::server_reflexive, Transport::udp, address(text)});
  return description;
}

// The other side of the call, whose packets a test makes as it likes.
class PuncherTest : public testing::Test {
 protected:
  static constexpr std::uint8_t callers = 1;
  static constexpr std::uint8_t callees = 2;
  const TransportAddress there = address("198.51.100.7:4000");

  Puncher& start(Role role, std::initializer_list<const char*> addresses = {"198.51.100.7:4000"}) {
    const bool calls = role == Role::caller;
    codec_.emplace(calls ? Role::callee : Role::caller, secret(callers), secret(callees));
    puncher_.emplace(punch::Setup{role,
                                  description(calls ? callers : callees, {}),
                                  description(calls ? callees : callers, addresses),
                                  {},
                                  {SocketFamily::v4, SocketFamily::v6},
                                  99},
                     now);
    collect();
    return *puncher_;
  }

  void collect() {
    while (auto effect = puncher_->next()) {
      if (const auto* send = std::get_if<Send>(&*effect)) {
        sent.push_back(*send);
        times.push_back(now);
      } else if (const auto* path = std::get_if<Found>(&*effect)) {
        ASSERT_FALSE(found || failed);
        found = *path;
      } else if (const auto* end = std::get_if<Failed>(&*effect)) {
        ASSERT_FALSE(found || failed);
        failed = *end;
      }
    }
  }

  // Ticks when it wants to, for that long.
  void pass(std::chrono::nanoseconds time) {
    const Instant end = now + time;
    for (auto wake = puncher_->wake(); wake && *wake <= end; wake = puncher_->wake()) {
      ASSERT_GT(*wake, now) << "it would never sleep";
      now = *wake;
      puncher_->tick(now);
      collect();
    }
    now = end;
  }

  bool receive(const Probe& probe, const TransportAddress& from) { return receive(codec_->write(probe), from); }
  bool receive(identity::ByteView bytes, const TransportAddress& from) {
    return receive(bytes, from, from.ip.is_v4() ? 0 : 1);
  }
  bool receive(identity::ByteView bytes, const TransportAddress& from, std::size_t socket) {
    const bool is_ours = puncher_->receive(socket, from, bytes, now);
    collect();
    return is_ours;
  }

  bool request(const TransportAddress& from, std::uint64_t transaction = 1) {
    return receive(Probe{ProbeType::request, false, transaction}, from);
  }
  // Answers the last packet.
  void answer() { receive(Probe{ProbeType::response, false, last().transaction}, sent.back().to); }
  Probe last() const { return codec_->read(sent.back().packet).value(); }

  static ProbeSecret secret(std::uint8_t byte) {
    ProbeSecret secret;
    secret.fill(byte);
    return secret;
  }

  Instant now = Instant{} + 1h;
  std::vector<Send> sent;
  std::vector<Instant> times;
  std::optional<Found> found;
  std::optional<Failed> failed;
  std::optional<ProbeCodec> codec_;
  std::optional<Puncher> puncher_;
};

TEST_F(PuncherTest, TriesAgainAsThePageSaysAndThenGivesUp) {
  start(Role::caller);
  const Instant began = now;
  pass(20s);
  std::vector<long> when;
  for (const Instant time : times)
    when.push_back(static_cast<long>((time - began) / 1ms));
  const std::vector<long> expected = {0,    20,   40,   60,   80,   120,  160,  240,  320,  480,  640,  960,
                                      1280, 1780, 2280, 2780, 3280, 3780, 4280, 4780, 5280, 5780, 6280, 6780};
  EXPECT_EQ(when, expected);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->obstacle, Obstacle::no_answer);
  EXPECT_FALSE(puncher_->wake());
  EXPECT_TRUE(request(there)) << "a probe still";
  EXPECT_EQ(sent.size(), expected.size()) << "but the end is the end";
}

TEST_F(PuncherTest, PacesItsRequests) {
  start(Role::caller, {"198.51.100.1:1", "198.51.100.2:1", "198.51.100.3:1", "198.51.100.4:1", "198.51.100.5:1",
                       "198.51.100.6:1", "198.51.100.7:1", "198.51.100.8:1"});
  for (int i = 0; i < 10'000; ++i) {  // more often than it asks for
    now += 1ms;
    puncher_->tick(now);
    collect();
  }
  EXPECT_EQ(sent.size(), 8 * max_requests) << "all get theirs";
  for (std::size_t i = 1; i < times.size(); ++i)
    ASSERT_GE(times[i] - times[i - 1], pacing);
}

TEST_F(PuncherTest, TheCallerNominatesWhatAnswers) {
  start(Role::caller);
  now += 30ms;
  answer();
  ASSERT_TRUE(found) << "there is nothing better to wait for";
  EXPECT_EQ(found->remote, there);
  EXPECT_EQ(found->round_trip, 30ms);
  EXPECT_EQ(found->path, Path::server_reflexive);
  EXPECT_TRUE(last().nominates);
  const auto before = sent.size();
  pass(100ms);
  EXPECT_EQ(sent.size(), before + 4) << "the nomination is sent again";
  EXPECT_TRUE(last().nominates);
  answer();
  pass(1s);
  EXPECT_EQ(sent.size(), before + 4) << "until it is answered";
}

TEST_F(PuncherTest, TheCallerWaitsForABetterPathButNotLong) {
  start(Role::caller, {"198.51.100.7:4000", "[2001:db8::7]:4000"});
  pass(5ms);
  ASSERT_EQ(sent.size(), 2u);
  ASSERT_FALSE(sent[0].to.ip.is_v4()) << "the better one first";
  now += 30ms;
  answer();
  EXPECT_FALSE(found);
  pass(14ms);
  EXPECT_FALSE(found);
  pass(1ms);
  ASSERT_TRUE(found) << "after half a round trip";
  EXPECT_TRUE(found->remote.ip.is_v4());
}

TEST_F(PuncherTest, TheCallerTakesTheBetterPathThatComesInTime) {
  start(Role::caller, {"198.51.100.7:4000", "[2001:db8::7]:4000"});
  pass(5ms);
  const Send better = sent[0];
  now += 30ms;
  answer();
  now += 5ms;
  receive(Probe{ProbeType::response, false, codec_->read(better.packet)->transaction}, better.to);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, Path::ipv6);
}

TEST_F(PuncherTest, TheCalleeFollowsTheFirstNomination) {
  start(Role::callee, {"198.51.100.7:4000", "198.51.100.8:4000"});
  answer();
  EXPECT_FALSE(found) << "it is not the callee's to choose";
  receive(Probe{ProbeType::request, true, 5}, address("198.51.100.8:4000"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->remote, address("198.51.100.8:4000"));
  EXPECT_EQ(last(), (Probe{ProbeType::response, false, 5}));
  receive(Probe{ProbeType::request, true, 6}, there);
  EXPECT_EQ(last(), (Probe{ProbeType::response, false, 6})) << "answered, and no second path";
}

TEST_F(PuncherTest, AStrangeAddressWithAValidProbeIsTried) {
  start(Role::callee);
  const auto mapped = address("198.51.100.7:5555");
  EXPECT_TRUE(request(mapped, 77));
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(codec_->read(sent[1].packet), (Probe{ProbeType::response, false, 77}));
  EXPECT_EQ(sent[1].to, mapped);
  EXPECT_EQ(last().type, ProbeType::request);
  EXPECT_EQ(sent[2].to, mapped);
  EXPECT_FALSE(sent[2].hop_limit) << "its NAT has been opened";
  receive(Probe{ProbeType::request, true, 78}, mapped);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, Path::peer_reflexive);
}

TEST_F(PuncherTest, TheCalleesFirstShotsEndEarly) {
  start(Role::callee);
  pass(70ms);
  ASSERT_EQ(sent.size(), 4u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(sent[i].hop_limit, low_hop_limit);
  EXPECT_FALSE(sent[3].hop_limit);
  sent.clear();
  start(Role::caller);
  EXPECT_FALSE(sent[0].hop_limit);
}

TEST_F(PuncherTest, AResponseCountsOnlyFromWhereItWasAskedFor) {
  start(Role::caller, {"198.51.100.7:4000", "198.51.100.8:4000"});
  const Probe response{ProbeType::response, false, last().transaction};
  EXPECT_TRUE(receive(response, address("198.51.100.8:4000")));
  EXPECT_TRUE(receive(response, address("192.0.2.66:4000")));
  EXPECT_TRUE(receive(codec_->write(response), there, 1)) << "on another socket";
  EXPECT_TRUE(receive(Probe{ProbeType::response, false, response.transaction + 1}, there)) << "never asked";
  EXPECT_TRUE(receive(Probe{ProbeType::response, false, response.transaction - 1}, there));
  pass(500ms);
  EXPECT_FALSE(found);
  receive(response, there);
  pass(50ms);
  EXPECT_TRUE(found);
}

TEST_F(PuncherTest, WhatIsNoProbeOfThisCallIsLeftToOthers) {
  start(Role::caller);
  const auto before = sent.size();
  const ProbeCodec other_call(Role::callee, secret(callers), secret(3));
  EXPECT_FALSE(receive(other_call.write({ProbeType::request, false, 1}), there)) << "replayed from another call";
  EXPECT_FALSE(receive(sent[0].packet, there)) << "thrown back at its sender";
  identity::Bytes quic(1'200, 0xC3);
  EXPECT_FALSE(receive(quic, there));
  EXPECT_FALSE(receive(identity::Bytes{}, there));
  auto spoiled = codec_->write({ProbeType::request, false, 1});
  spoiled[27] ^= 1;
  EXPECT_FALSE(receive(spoiled, there));
  EXPECT_EQ(sent.size(), before) << "nothing of it is answered";
}

TEST_F(PuncherTest, AFloodOfValidRequestsGetsFewAnswers) {
  start(Role::callee);
  std::map<TransportAddress, std::size_t> to;
  for (int i = 0; i < 20'000; ++i) {
    now += 250us;  // 4,000 a second, for 5 s, from 50 addresses
    const std::uint16_t port = static_cast<std::uint16_t>(1'000 + i % 50);
    puncher_->receive(0, {there.ip, port}, codec_->write({ProbeType::request, false, static_cast<std::uint64_t>(i)}),
                      now);
    collect();
  }
  for (const Send& send : sent)
    ++to[send.to];
  EXPECT_LE(to.size(), 1 + max_peer_reflexive);
  for (const auto& [address, count] : to)
    EXPECT_LE(count, max_requests + max_responses) << address.text();
}

TEST_F(PuncherTest, AFloodOverAPathThatAnswersIsBoundedToo) {
  start(Role::callee);
  answer();  // it is valid
  const auto before = sent.size();
  for (int i = 0; i < 8'000; ++i) {
    now += 250us;  // 2 s
    request(there, static_cast<std::uint64_t>(i));
  }
  EXPECT_LE(sent.size() - before, 64u + 400u);
  EXPECT_GE(sent.size() - before, 400u);
  receive(Probe{ProbeType::request, true, 1}, there);
  const auto at_found = sent.size();
  for (int i = 0; i < 40'000; ++i) {
    now += 250us;  // 10 s
    request(there, static_cast<std::uint64_t>(i));
  }
  EXPECT_LE(sent.size() - at_found, max_packets_after_found);
}

TEST_F(PuncherTest, LateRequestsAreAnsweredAndThePathIsKept) {
  start(Role::callee);
  receive(Probe{ProbeType::request, true, 1}, there);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->round_trip);
  auto before = sent.size();
  pass(1s);
  EXPECT_TRUE(request(there, 9));
  ASSERT_EQ(sent.size(), before + 1);
  EXPECT_EQ(last(), (Probe{ProbeType::response, false, 9}));
  before = sent.size();
  pass(200s);
  EXPECT_EQ(sent.size(), before + max_keep_alives);
  EXPECT_FALSE(puncher_->wake());
}

TEST_F(PuncherTest, AClockThatIsSetBackStandsStill) {
  start(Role::caller);
  pass(80ms);
  const auto before = sent.size();
  const Instant then = now;
  now -= 10min;
  puncher_->tick(now);
  collect();
  EXPECT_EQ(sent.size(), before);
  EXPECT_GE(*puncher_->wake(), then);
  answer();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->round_trip, 0ms) << "and not less";
}

TEST_F(PuncherTest, AClockThatLeapsMakesNoBurst) {
  start(Role::caller, {"198.51.100.7:4000", "198.51.100.8:4000", "198.51.100.9:4000"});
  const auto before = sent.size();
  now += 5s;
  puncher_->tick(now);
  collect();
  EXPECT_EQ(sent.size(), before + 1);
  now += 1h;
  puncher_->tick(now);
  collect();
  EXPECT_TRUE(failed) << "after a night it is not tried any more";
  EXPECT_EQ(sent.size(), before + 1);
}

TEST_F(PuncherTest, WithoutAnAddressItWaitsToBeFound) {
  start(Role::callee, {});
  pass(1s);
  EXPECT_TRUE(sent.empty());
  receive(Probe{ProbeType::request, true, 1}, there);
  EXPECT_TRUE(found);
  start(Role::callee, {}).tick(now);
  found.reset();
  pass(11s);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->obstacle, Obstacle::nothing_in_common);
}

TEST_F(PuncherTest, SaysOfEachCandidateWhatCameOfIt) {
  puncher_.emplace(punch::Setup{Role::callee,
                                description(callees, {}),
                                description(callers, {"198.51.100.7:4000", "198.51.100.8:4000", "[2001:db8::7]:4000"}),
                                {},
                                {SocketFamily::v4},
                                1},
                   now);
  codec_.emplace(Role::caller, secret(callers), secret(callees));
  request(there);
  pass(11s);
  ASSERT_TRUE(failed);
  ASSERT_EQ(failed->attempts.size(), 3u);
  EXPECT_EQ(failed->attempts[0].trouble, Trouble::no_socket);
  EXPECT_EQ(failed->attempts[0].requests, 0u);
  EXPECT_EQ(failed->attempts[1].trouble, Trouble::one_way);
  EXPECT_EQ(failed->attempts[2].trouble, Trouble::no_answer);
  EXPECT_EQ(failed->attempts[2].requests, max_requests);
}

}  // namespace
}  // namespace pd::punch
