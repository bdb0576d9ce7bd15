// Who dials us: what is refused in the handshake (SESS-1, SESS-2), and who is not let in after it (SESS-4, SESS-5).
#include <gtest/gtest.h>

#include "identity/certificate.h"
#include "rig.h"
#include "tls/raw_tls.h"

namespace pd::connect::test {
namespace {

using pd::test::Town;

Manners of(const std::string& who) {
  const auto key = Town::device_key(who, "laptop");
  const auto handle = ed25519(key);
  return {handle, certificate(handle, who), {}};
}

struct Attack {
  const char* name;
  Manners (*manners)();
  const char* why;  // in the words of the listener
};

Manners tls12() {
  auto manners = of(olivier);
  manners.max_version = TLS1_2_VERSION;
  return manners;
}
Manners no_alpn() {
  auto manners = of(olivier);
  manners.alpn.clear();
  return manners;
}
Manners other_alpn() {
  auto manners = of(olivier);
  manners.alpn = "h2";
  return manners;
}
Manners no_certificate() {
  return {};
}
Manners wrong_private_key() {
  const auto right = Town::device_key(olivier, "laptop");
  const auto wrong = Town::device_key(eve, "laptop");
  return {mismatched(right.public_key(), wrong), certificate(ed25519(right), olivier), {}};
}
Manners rsa_certificate() {
  const auto key = rsa();
  return {key, certificate(key, olivier), {}};
}
Manners huge_certificate() {
  const auto key = ed25519(Town::device_key(olivier, "laptop"));
  return {key, certificate(key, olivier, 60'000), {}};
}
Manners large_certificate() {
  const auto key = ed25519(Town::device_key(olivier, "laptop"));
  return {key, certificate(key, olivier, 4'000), {}};
}
Manners two_certificates() {
  auto manners = of(olivier);
  manners.more = {of(eve).shown};
  return manners;
}
Manners no_address() {
  const auto key = ed25519(Town::device_key(olivier, "laptop"));
  return {key, certificate(key, "olivier"), {}};
}

void PrintTo(const Attack& it, std::ostream* out) {
  *out << it.name;
}

class Refused : public testing::TestWithParam<Attack> {};

TEST_P(Refused, InTheHandshake) {
  Rig rig;
  bool spoken = true;
  rig.during([&] { spoken = dial_raw(rig.port(), GetParam().manners(), "secret"); });
  EXPECT_FALSE(spoken);
  EXPECT_TRUE(rig.claims.empty());
  rig.until([&] { return !rig.refusals.empty(); });
  EXPECT_NE(rig.refusals.front().find(GetParam().why), std::string::npos) << rig.refusals.front();
}

INSTANTIATE_TEST_SUITE_P(Answer, Refused,
                         testing::Values(Attack{"Tls12", tls12, "TLS 1.3 (SESS-1)"},
                                         Attack{"NoAlpn", no_alpn, "pd/1 (SESS-1)"},
                                         Attack{"OtherAlpn", other_alpn, "pd/1 (SESS-1)"},
                                         Attack{"NoCertificate", no_certificate, "no certificate (SESS-2)"},
                                         Attack{"WrongPrivateKey", wrong_private_key, "do not hold the key"},
                                         Attack{"RsaCertificate", rsa_certificate, "SESS-2"},
                                         Attack{"HugeCertificate", huge_certificate, "message size"},
                                         Attack{"LargeCertificate", large_certificate, "message size"},
                                         Attack{"TwoCertificates", two_certificates, "SESS-2"},
                                         Attack{"NoAddress", no_address, "not that of a device (SESS-2)"}),
                         [](const auto& attack) { return std::string(attack.param.name); });

// Lets somebody with these manners dial, and returns what verify() says to the one they claim to be.
Outcome<std::unique_ptr<Link>> verified(Rig& rig, const Manners& manners, const std::string& peer) {
  std::thread dialler([&] { dial_raw(rig.port(), manners); });
  rig.until([&] { return !rig.claims.empty(); });
  auto link = std::move(rig.claims.back()).verify(rig.town.find(peer));
  rig.claims.clear();
  if (link) {
    (*link)->close();
  }
  dialler.join();
  return link;
}

TEST(Answer, LetsInWhoTheyAre) {
  Rig rig;
  const auto link = verified(rig, of(olivier), olivier);
  ASSERT_TRUE(link);
  EXPECT_EQ((*link)->peer().address().text(), olivier);
  EXPECT_EQ((*link)->device(), Town::device_key(olivier, "laptop").public_key());
}

void expect_wrong_key(const Outcome<std::unique_ptr<Link>>& link) {
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().cause, Cause::wrong_key);
}

TEST(Answer, RefusesSomebodyElsesName) {
  Rig rig;
  auto manners = of(eve);
  manners.shown = certificate(manners.key, olivier);
  expect_wrong_key(verified(rig, manners, olivier));
}

TEST(Answer, RefusesAnIdentityThatIsNotTheOneClaimedEvenWithTheSameKey) {
  Rig rig;
  rig.town.settle_with_device_of("mallory@example.net", olivier);
  expect_wrong_key(verified(rig, of(olivier), "mallory@example.net"));
}

TEST(Answer, RefusesTheSameKeyUnderAnotherAddress) {
  Rig rig;
  rig.town.settle("twin@example.net");
  auto manners = of(olivier);
  manners.shown = certificate(manners.key, "twin@example.net");
  expect_wrong_key(verified(rig, manners, "twin@example.net"));
}

TEST(Answer, RefusesARemovedDevice) {
  Rig rig;
  rig.town.change_devices(olivier, {"phone"});
  expect_wrong_key(verified(rig, of(olivier), olivier));
}

TEST(Answer, RefusesMoreVerifiedLinksThanTheBound) {
  Limits limits;
  limits.verified = 1;
  Rig rig(limits);
  const auto first = rig.dial(olivier, gordon, {rig.endpoint()});
  rig.until([&] { return rig.claims.size() == 1; });
  const auto kept = std::move(rig.claims[0]).verify(rig.town.find(olivier));
  ASSERT_TRUE(kept);
  const auto second = rig.dial(eve, gordon, {rig.endpoint()});
  rig.until([&] { return rig.claims.size() == 2; });
  const auto refused = std::move(rig.claims[1]).verify(rig.town.find(eve));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause, Cause::busy);
}

TEST(Answer, ClosesAHandshakeThatStalls) {
  Limits limits;
  limits.handshake = std::chrono::milliseconds(100);
  Rig rig(limits);
  rig.during([&] { Silent(rig.port()).wait_until_closed(); });
  EXPECT_TRUE(rig.claims.empty());
  rig.until([&] { return !rig.refusals.empty(); });
  EXPECT_NE(rig.refusals.front().find("in time (SESS-5)"), std::string::npos) << rig.refusals.front();
}

TEST(Answer, ClosesWhoConnectsAndSaysNothingSooner) {
  Limits limits;
  limits.first_byte = std::chrono::milliseconds(50);
  limits.handshake = 2 * patience;
  Rig rig(limits);
  rig.during([&] { Silent(rig.port()).wait_until_closed(); });
  rig.until([&] { return !rig.refusals.empty(); });
  EXPECT_NE(rig.refusals.front().find("in time (SESS-5)"), std::string::npos) << rig.refusals.front();
}

TEST(Answer, SilentConnectionsDoNotShutOutOthers) {
  Limits limits;
  limits.unverified = 4;
  limits.first_byte = limits.handshake = 2 * patience;
  Rig rig(limits);
  std::vector<Silent> silent;
  for (int i = 0; i < 4; ++i) {
    silent.emplace_back(rig.port());
  }
  EXPECT_TRUE(rig.dial(olivier, gordon, {rig.endpoint()}));
  rig.during([&] { silent.front().wait_until_closed(); });
}

TEST(Answer, SaysNothingOfWhoLeaves) {
  Rig rig;
  { const Silent left(rig.port()); }
  EXPECT_TRUE(rig.dial(olivier, gordon, {rig.endpoint()}));
  rig.until([&] { return rig.claims.size() == 1; });
  EXPECT_TRUE(rig.refusals.empty());
}

TEST(Answer, ClosesWhatIsOverTheBoundOfOneAddressAndRecovers) {
  Limits limits;
  limits.handshake = std::chrono::milliseconds(1'000);
  limits.unverified_per_ip = 3;
  Rig rig(limits);
  std::vector<Silent> stalled;
  for (int i = 0; i < 3; ++i) {
    stalled.emplace_back(rig.port());
  }
  const auto start = std::chrono::steady_clock::now();
  rig.during([&] { Silent(rig.port()).wait_until_closed(); });
  EXPECT_LT(std::chrono::steady_clock::now() - start, limits.handshake);
  rig.during([&] {
    for (const auto& each : stalled)
      each.wait_until_closed();
  });
  EXPECT_TRUE(rig.dial(olivier, gordon, {rig.endpoint()}));
}

TEST(Answer, ClosingEndsHandshakesUnderWay) {
  Rig rig;
  const Silent stalled(rig.port());
  rig.io.restart();
  rig.io.run_for(std::chrono::milliseconds(50));
  rig.listener->close();
  rig.io.restart();
  const auto begin = std::chrono::steady_clock::now();
  rig.io.run();  // until nothing is left to wait for
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Limits().handshake / 2);
}

TEST(Answer, DroppingAnUnverifiedLinkClosesIt) {
  Rig rig;
  bool spoken = true;
  std::thread dialler([&] { spoken = dial_raw(rig.port(), of(olivier), "secret"); });
  rig.until([&] { return !rig.claims.empty(); });
  rig.claims.clear();
  dialler.join();
  EXPECT_FALSE(spoken);
}

}  // namespace
}  // namespace pd::connect::test
