// What the directory and an attempt to reach somebody mean.
#include <gtest/gtest.h>

#include <functional>

#include "findings.h"

namespace pd::doctor::test {
namespace {

using connect::Cause;
using directory::Failure;
using directory::Kind;

const auto olivier = identity::Address::parse("olivier@example.org").value();
const auto gordon = identity::Address::parse("gordon@blackmesa.us").value();

PeerState reachable() {
  return {gordon,
          {},
          true,
          2,
          true,
          false,
          directory::Trust::verified,
          Path{"203.0.113.9:4433", connect::Path{"hole punched", std::chrono::milliseconds(27)}}};
}

TEST(JudgePeer, FindsNothingWrongWithOneWhoIsThere) {
  const auto findings = judge(reachable());
  EXPECT_EQ(finding(findings, "directory").found, "gordon@blackmesa.us is active, 2 devices, verified");
  EXPECT_EQ(finding(findings, "path").found, "hole punched, 203.0.113.9:4433, in 27 ms");
  EXPECT_EQ(status_of(findings), 0);
}

TEST(JudgePeer, JudgesWhatTheDirectorySays) {
  const struct {
    std::function<void(PeerState&)> change;
    Grade grade;
    int status;
  } cases[] = {
      {[](PeerState& it) { it.failure = Failure(Kind::nobody, "nobody"); }, Grade::bad, 3},
      {[](PeerState& it) { it.failure = Failure(Kind::unverified, "changed"); }, Grade::bad, 4},
      {[](PeerState& it) { it.active = false; }, Grade::bad, 1},
      {[](PeerState& it) { it.devices = 0; }, Grade::bad, 1},
      {[](PeerState& it) { it.confirmed = false; }, Grade::limited, 0},
      {[](PeerState& it) { it.stale = true; }, Grade::limited, 0},
  };
  for (const auto& each : cases) {
    auto peer = reachable();
    peer.attempt.reset();
    each.change(peer);
    const auto findings = judge(peer);
    EXPECT_EQ(finding(findings, "directory").grade, each.grade) << findings[0].found;
    EXPECT_EQ(status_of(findings), each.status) << findings[0].found;
    EXPECT_FALSE(is_about(findings, "path"));
  }
}

TEST(JudgePeer, NamesEachWayThatFailed) {
  auto peer = reachable();
  peer.attempt = connect::NoLink{
      Cause::unreachable, "Nothing came back.", "Try again.", {{"UDP", "no answer"}, {"TCP", "refused"}}};
  const auto findings = judge(peer);
  const auto path = finding(findings, "path");
  EXPECT_EQ(path.found, "Nothing came back.");
  EXPECT_EQ(path.help, "Try again.");
  EXPECT_EQ(path.details, (std::vector<std::string>{"UDP: no answer", "TCP: refused"}));
  EXPECT_EQ(status_of(findings), 5);
}

TEST(JudgePeer, WhatToAskSomebodyWhoDoesNotAnswer) {
  auto peer = reachable();
  peer.attempt = connect::NoLink{Cause::unreachable, "Nobody answers.", "", {}};
  const auto findings = judge(peer);
  EXPECT_PRED2(says, finding(findings, "path").help, "pdctl contacts requests");
}

TEST(JudgePeer, SomebodyElseInTheirPlaceIsNotProven) {
  auto peer = reachable();
  peer.attempt = connect::NoLink{Cause::wrong_key, "Somebody else answered.", "", {}};
  EXPECT_EQ(status_of(judge(peer)), 4);
}

TEST(JudgeOwn, SaysWhetherThisMachineSpeaksForTheOwner) {
  EXPECT_EQ(status_of(judge(OwnState{olivier, {}, true, true})), 0);
  EXPECT_PRED2(says, judge(OwnState{olivier, {}, true, false})[0].help, "devices add");
  EXPECT_EQ(status_of(judge(OwnState{olivier, {}, true, false})), 1);
  EXPECT_EQ(status_of(judge(OwnState{olivier, {}, false, true})), 1);
  EXPECT_EQ(status_of(judge(OwnState{olivier, Failure(Kind::unreachable, "no answer"), false, false})), 5);
}

}  // namespace
}  // namespace pd::doctor::test
