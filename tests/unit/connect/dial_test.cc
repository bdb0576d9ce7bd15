// Whom we dial: only a device of the one we mean (SESS-3), by whichever endpoint leads to it first.
#include <string>

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "rig.h"
#include "tls/raw_tls.h"

namespace pd::connect::test {
namespace {

using pd::test::Town;
using namespace std::chrono_literals;

Manners of(const std::string& who, const std::string& claimed) {
  const auto handle = ed25519(Town::device_key(who, "laptop"));
  return {handle, certificate(handle, claimed), {}};
}

identity::TcpEndpoint at(std::uint16_t port) {
  return identity::sample::loopback(port);
}

std::uint16_t closed_port() {
  return Hole().port();
}

// Dials an impostor in gordon's place. Nothing may reach it.
NoLink refused(Manners manners) {
  Rig rig;
  RawServer impostor(std::move(manners));
  const auto link = rig.dial(olivier, gordon, {at(impostor.port())});
  EXPECT_FALSE(link);
  EXPECT_EQ(impostor.heard(), "");
  return link ? NoLink{} : link.error();
}

TEST(Dial, ReachesADevice) {
  Rig rig;
  auto link = rig.dial(olivier, gordon, {rig.endpoint()});
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ((*link)->peer().address().text(), gordon);
  EXPECT_EQ((*link)->device(), Town::device_key(gordon, "laptop").public_key());
  EXPECT_EQ((*link)->where(), rig.endpoint().text());
}

TEST(Dial, KnocksAtNoMoreDoorsThanTheBound) {
  Rig rig;
  std::vector<identity::TcpEndpoint> endpoints(15, at(closed_port()));
  endpoints.push_back(rig.endpoint());
  EXPECT_TRUE(rig.dial(olivier, gordon, endpoints)) << "the sixteenth";
  endpoints.insert(endpoints.begin(), at(closed_port()));
  const auto link = rig.dial(olivier, gordon, endpoints);
  ASSERT_FALSE(link) << "the seventeenth";
  EXPECT_EQ(link.error().cause, Cause::unreachable);
}

TEST(Dial, RefusesSomebodyElse) {
  EXPECT_EQ(refused(of(eve, eve)).cause, Cause::wrong_key);
}

TEST(Dial, RefusesSomebodyElseInTheName) {
  EXPECT_EQ(refused(of(eve, gordon)).cause, Cause::wrong_key);
}

TEST(Dial, RefusesTheRightKeyUnderAnotherName) {
  EXPECT_EQ(refused(of(gordon, eve)).cause, Cause::wrong_key);
}

TEST(Dial, RefusesTheRightCertificateWithoutItsKey) {
  const auto right = Town::device_key(gordon, "laptop");
  const auto wrong = Town::device_key(eve, "laptop");
  const auto outcome = refused({mismatched(right.public_key(), wrong), certificate(ed25519(right), gordon), {}});
  EXPECT_EQ(outcome.cause, Cause::wrong_key);
  EXPECT_NE(outcome.message.find("do not hold its key"), std::string::npos) << outcome.message;
}

TEST(Dial, RefusesARemovedDevice) {
  Rig rig;
  rig.town.change_devices(gordon, {"phone"});
  const auto link = rig.dial(olivier, gordon, {rig.endpoint()});  // which still has the laptop's key
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().cause, Cause::wrong_key);
}

TEST(Dial, RefusesAnRsaCertificate) {
  const auto key = rsa();
  refused({key, certificate(key, gordon), {}});
}

TEST(Dial, RefusesAHugeCertificate) {
  const auto key = ed25519(Town::device_key(gordon, "laptop"));
  refused({key, certificate(key, gordon, 60'000), {}});
}

TEST(Dial, RefusesTls12) {
  auto manners = of(gordon, gordon);
  manners.max_version = TLS1_2_VERSION;
  const auto outcome = refused(std::move(manners));
  EXPECT_EQ(outcome.cause, Cause::unreachable);
  EXPECT_NE(outcome.message.find("does not speak TLS 1.3"), std::string::npos) << outcome.message;
}

TEST(Dial, RefusesWhoDoesNotSpeakPd) {
  auto manners = of(gordon, gordon);
  manners.alpn.clear();
  const auto outcome = refused(std::move(manners));
  EXPECT_EQ(outcome.cause, Cause::unreachable);
  EXPECT_NE(outcome.message.find("does not speak pd/1"), std::string::npos) << outcome.message;
}

TEST(Dial, FindsTheEndpointThatWorks) {
  Rig rig;
  RawServer impostor(of(eve, gordon));
  const Hole hole;
  const auto link =
      rig.dial(olivier, gordon, {at(closed_port()), at(impostor.port()), at(hole.port()), rig.endpoint()});
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ((*link)->where(), rig.endpoint().text());
}

TEST(Dial, SaysWhyForEachEndpoint) {
  Rig rig;
  const Hole hole;
  const auto dead = at(closed_port());
  Limits limits;
  limits.handshake = 100ms;
  const auto link = rig.dial(olivier, gordon, {dead, at(hole.port())}, limits);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().cause, Cause::unreachable);
  EXPECT_NE(link.error().message.find(dead.text()), std::string::npos);
  EXPECT_NE(link.error().message.find(at(hole.port()).text() + ": no answer in time"), std::string::npos);
}

TEST(Dial, WithNowhereToGoFailsAtOnce) {
  Rig rig;
  EXPECT_FALSE(rig.dial(olivier, gordon, {}));
}

TEST(Dial, CanBeCancelled) {
  Rig rig;
  const Hole hole;
  boost::asio::cancellation_signal cancel;
  bool over = false;
  boost::asio::co_spawn(
      rig.io, dial(Town::credentials(olivier), rig.town.find(gordon), {at(hole.port()), at(hole.port())}),
      boost::asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& error, const auto&) {
        EXPECT_TRUE(error);
        over = true;
      }));
  rig.io.run_for(50ms);
  EXPECT_FALSE(over);
  cancel.emit(boost::asio::cancellation_type::terminal);
  rig.until([&] { return over; });
}

}  // namespace
}  // namespace pd::connect::test
