// What is said when there is no way (RACE-12): one sentence, what would help, and each way that was tried.
#include "reach/report.h"

#include <gtest/gtest.h>

namespace pd::reach::test {
namespace {

using connect::Cause;
using connect::NoLink;
using punch::NatKind;
using punch::Obstacle;

const NoLink tcp_silent{Cause::unreachable, "203.0.113.9:40113: no answer"};

Evidence without_answer(NatKind own, NatKind remote, Obstacle obstacle = Obstacle::no_answer) {
  const punch::Attempt attempt{
      {punch::IpAddress::v4({203, 0, 113, 9}), 40'112}, punch::Path::server_reflexive, 12, punch::Trouble::no_answer};
  Evidence evidence{"gordon@blackmesa.us", own, remote, {}, {}, {}};
  evidence.punching = punch::Failed{obstacle, {attempt}};
  evidence.over_tcp = tcp_silent;
  return evidence;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Report, SymmetricAgainstSymmetric) {
  const auto report = report_on(without_answer(NatKind::symmetric, NatKind::symmetric, Obstacle::both_symmetric));
  EXPECT_EQ(report.cause, Cause::unreachable);
  EXPECT_PRED2(says, report.message, "symmetric NATs");
  EXPECT_PRED2(says, report.help, "IPv6");
}

TEST(Report, NamesEachWay) {
  const auto report = report_on(without_answer(NatKind::endpoint_independent, NatKind::endpoint_independent));
  ASSERT_EQ(report.ways.size(), 2U);
  EXPECT_EQ(report.ways[0].name, "UDP, hole punched, 203.0.113.9:40112");
  EXPECT_EQ(report.ways[0].failure, "no answer");
  EXPECT_EQ(report.ways[1].failure, tcp_silent.message);
}

TEST(Report, SaysOnWhichSideUdpIsBlocked) {
  EXPECT_PRED2(says, report_on(without_answer(NatKind::blocked, NatKind::open)).message, "Your network lets no UDP");
  EXPECT_PRED2(says, report_on(without_answer(NatKind::open, NatKind::blocked)).message,
               "The network of gordon@blackmesa.us lets no UDP");
}

TEST(Report, SomebodyElseIsFinal) {
  auto evidence = without_answer(NatKind::open, NatKind::open);
  evidence.over_tcp = NoLink{Cause::wrong_key, "somebody else answered"};
  const auto report = report_on(evidence);
  EXPECT_EQ(report.cause, Cause::wrong_key);
  EXPECT_PRED2(says, report.message, "in the place of gordon@blackmesa.us");
}

TEST(Report, TellsWhatWasNotUsed) {
  Evidence evidence{"gordon@blackmesa.us", NatKind::open, NatKind::open, {}, {}, tcp_silent, false, true};
  EXPECT_EQ(report_on(evidence).ways.front().failure, "not used");
  evidence.used_udp = true;
  EXPECT_EQ(report_on(evidence).ways.front().failure, "not finished in time");
}

}  // namespace
}  // namespace pd::reach::test
