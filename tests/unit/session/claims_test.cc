// Who is looked up, and who is not (SESS-24).
#include "session/claims.h"

#include <gtest/gtest.h>

#include "client/town.h"
#include "identity/sample.h"

namespace pd::session::test {
namespace {

using namespace std::chrono_literals;
using pd::test::Town;
using Verdict = Claims::Verdict;

const Claims::Instant start{24h};
const std::string here = "198.51.100.4";
const std::string there = "203.0.113.9";

identity::PeerClaim claim(const std::string& address, const std::string& device = "laptop") {
  return {identity::sample::address(address), Town::device_key(address, device).public_key()};
}

identity::PeerClaim stranger(int number) {
  return claim("n" + std::to_string(number) + "@example.org");
}

class ClaimsTest : public testing::Test {
 protected:
  Verdict judge(const identity::PeerClaim& who, const std::string& origin, Claims::Instant now) {
    return claims.judge(who, origin, now, identity::sample::at(10));
  }
  // Asks as often as it may, from as many addresses as it takes.
  int exhaust(Claims::Instant now) {
    int asked = 0;
    for (int i = 0; i < 100; ++i) {
      asked += judge(stranger(i), "192.0.2." + std::to_string(i), now) == Verdict::ask ? 1 : 0;
    }
    return asked;
  }
  Claims claims;
};

TEST_F(ClaimsTest, OneAddressMakesUsAskFiveTimesAtOnceAndOnceASecond) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(judge(stranger(i), here, start + i * 200ms), Verdict::ask);
  }
  EXPECT_EQ(judge(stranger(5), here, start + 900ms), Verdict::busy);
  EXPECT_EQ(judge(stranger(6), there, start + 1s), Verdict::ask) << "another address pays for itself";
  EXPECT_EQ(judge(stranger(7), here, start + 1'200ms), Verdict::ask);
  EXPECT_EQ(judge(stranger(8), here, start + 1'400ms), Verdict::busy);
}

TEST_F(ClaimsTest, AllAddressesTogetherMakeUsAskFiveTimesASecond) {
  EXPECT_EQ(exhaust(start), 5);
  EXPECT_EQ(exhaust(start + 100ms), 0);
  EXPECT_EQ(exhaust(start + 1s), 5);
}

TEST_F(ClaimsTest, WhoWasDeniedIsRefusedForAMinute) {
  claims.remember(stranger(1), "there is nobody", start);
  EXPECT_EQ(judge(stranger(1), here, start + 59s), Verdict::denied);
  EXPECT_EQ(claims.why(stranger(1)), "there is nobody");
  EXPECT_EQ(judge(stranger(2), here, start + 59s), Verdict::ask);
  EXPECT_EQ(judge(claim("n1@example.org", "phone"), here, start + 59s), Verdict::ask) << "another key";
  EXPECT_EQ(judge(stranger(1), here, start + 60s), Verdict::ask);
}

TEST_F(ClaimsTest, WhoWasVerifiedGetsInWhileStrangersCall) {
  Town town;
  town.settle("olivier@example.org", {"laptop", "phone"});
  const auto olivier = claim("olivier@example.org");
  const auto peer = town.find("olivier@example.org");
  claims.remember(olivier, peer, start);
  EXPECT_EQ(judge(olivier, here, start + 1s), Verdict::ask) << "there is time to ask";
  exhaust(start + 2s);
  EXPECT_EQ(judge(olivier, here, start + 2s), Verdict::known);
  EXPECT_EQ(claims.known(olivier).address(), peer.address());
  EXPECT_EQ(judge(claim("olivier@example.org", "phone"), here, start + 2s), Verdict::busy) << "another key";
  const auto expired = peer.identity().statement().body().expires;
  EXPECT_EQ(claims.judge(olivier, here, start + 2s, expired), Verdict::busy);
  exhaust(start + 1h);
  EXPECT_EQ(judge(olivier, here, start + 1h), Verdict::busy);
}

TEST_F(ClaimsTest, WhoIsDeniedIsNotRememberedAsVerified) {
  Town town;
  town.settle("olivier@example.org");
  const auto olivier = claim("olivier@example.org");
  claims.remember(olivier, town.find("olivier@example.org"), start);
  claims.remember(olivier, "the key was removed", start);
  exhaust(start + 2min);
  EXPECT_EQ(judge(olivier, here, start + 2min), Verdict::busy);
}

TEST_F(ClaimsTest, RemembersNoMoreThanItMay) {
  for (int i = 0; i < 300; ++i) {
    claims.remember(stranger(i), "there is nobody", start + i * 1ms);
  }
  EXPECT_EQ(judge(stranger(0), here, start + 1s), Verdict::ask) << "the oldest was forgotten";
  EXPECT_EQ(judge(stranger(299), here, start + 1s), Verdict::denied);
}

}  // namespace
}  // namespace pd::session::test
