// What a server's answers mean: for itself, its certificate, and the clock of this machine.
#include <gtest/gtest.h>

#include "findings.h"

namespace pd::doctor::test {
namespace {

using directory::Failure;
using directory::Kind;
using identity::Seconds;
using identity::Time;

constexpr Time now{Seconds(1'800'000'000)};

ServerState healthy() {
  const auto later = [](int days) { return now + std::chrono::days(days); };
  return {identity::Domain::parse("example.org").value(), now, {}, Seconds(1), later(60), later(6), true, {}};
}

TEST(JudgeServer, FindsNothingWrongWithAHealthyOne) {
  const auto findings = judge(healthy());
  for (const auto& each : findings) {
    EXPECT_EQ(each.grade, Grade::good) << each.name << ": " << each.found;
    EXPECT_EQ(each.help, "") << each.name;
  }
  EXPECT_EQ(status_of(findings), 0);
  EXPECT_EQ(finding(findings, "certificate").found, "the server's is valid for 60 days");
  EXPECT_PRED2(says, finding(findings, "descriptor").found, "valid for 6 days");
}

TEST(JudgeServer, ComparesTheClock) {
  const struct {
    int ahead;
    Grade grade;
    std::string found;
  } cases[] = {
      {0, Grade::good, "agrees with example.org"},         {-30, Grade::good, "agrees with example.org"},
      {31, Grade::limited, "31 s ahead of example.org"},   {-300, Grade::limited, "5 minutes behind example.org"},
      {301, Grade::bad, "5 minutes ahead of example.org"}, {-3 * 86'400, Grade::bad, "3 days behind example.org"},
  };
  for (const auto& each : cases) {
    auto server = healthy();
    server.ahead = Seconds(each.ahead);
    const auto clock = finding(judge(server), "clock");
    EXPECT_EQ(clock.grade, each.grade) << each.ahead;
    EXPECT_EQ(clock.found, each.found);
    EXPECT_EQ(clock.help.empty(), each.grade == Grade::good) << each.ahead;
  }
}

TEST(JudgeServer, WarnsBeforeTheCertificateExpires) {
  auto server = healthy();
  server.certificate_expires = now + std::chrono::days(3);
  const auto certificate = finding(judge(server), "certificate");
  EXPECT_EQ(certificate.grade, Grade::limited);
  EXPECT_PRED2(says, certificate.help, "renew");
}

TEST(JudgeServer, SaysWhyItCannotBeAsked) {
  for (const auto kind : {Kind::unreachable, Kind::unverified}) {
    ServerState server{healthy().domain, now, Failure(kind, "no answer", "look"), {}, {}, {}, false, {}};
    const auto findings = judge(server);
    ASSERT_EQ(findings.size(), 1U) << "nothing else is known";
    EXPECT_EQ(findings[0].found, "no answer");
    EXPECT_EQ(findings[0].help, "look");
    EXPECT_EQ(status_of(findings), static_cast<int>(kind));
  }
}

TEST(JudgeServer, AWrongClockIsSeenThoughTheDescriptorIsRefused) {
  auto server = healthy();
  server.failure = Failure(Kind::unverified, "it is from the future");
  server.ahead = Seconds(-7'200);
  EXPECT_EQ(finding(judge(server), "clock").found, "2 hours behind example.org");
}

TEST(JudgeServer, OneThatIsNotReadyIsBad) {
  auto server = healthy();
  server.ready = false;
  EXPECT_EQ(status_of(judge(server)), static_cast<int>(Kind::unreachable));
}

}  // namespace
}  // namespace pd::doctor::test
