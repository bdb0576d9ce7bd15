#include "http/admission.h"

#include <vector>

#include <gtest/gtest.h>

#include "http/peer.h"

namespace pd::http {
namespace {

boost::asio::ip::address address(const char* text) {
  return boost::asio::ip::make_address(text);
}

TEST(Peer, AMappedAddressIsItsIpv4Address) {
  EXPECT_EQ(normalised(address("::ffff:192.0.2.1")), address("192.0.2.1"));
  EXPECT_EQ(normalised(address("2001:db8::1")), address("2001:db8::1"));
  EXPECT_EQ(normalised(address("fe80::1%1")), address("fe80::1"));
}

TEST(Peer, IsCountedByAddressOrBy56Bits) {
  EXPECT_EQ(peer_key(address("::ffff:192.0.2.1")), peer_key(address("192.0.2.1")));
  EXPECT_NE(peer_key(address("192.0.2.2")), peer_key(address("192.0.2.1")));
  EXPECT_EQ(peer_key(address("2001:db8:0:1::1")), peer_key(address("2001:db8:0:ff:ffff::2")));
  EXPECT_NE(peer_key(address("2001:db8:0:1::1")), peer_key(address("2001:db8:0:100::1")));
}

TEST(Admission, CountsInAllAndByPeer) {
  Limits limits;
  limits.connections = 3;
  limits.connections_per_peer = 2;
  Admission admission(limits);
  std::string_view why;
  auto first = admission.enter(address("192.0.2.1"), why);
  const auto second = admission.enter(address("::ffff:192.0.2.1"), why);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(admission.enter(address("192.0.2.1"), why));
  EXPECT_EQ(why, "peer-connections");
  const auto third = admission.enter(address("192.0.2.2"), why);
  EXPECT_TRUE(third);
  EXPECT_FALSE(third.surplus());
  EXPECT_TRUE(admission.enter(address("192.0.2.3"), why).surplus());
  EXPECT_EQ(why, "connections");
  EXPECT_EQ(admission.count(), 3u);
  first = {};
  EXPECT_EQ(admission.count(), 2u);
  EXPECT_TRUE(admission.enter(address("192.0.2.1"), why));
}

TEST(Admission, BoundsTheSurplusToo) {
  Limits limits;
  limits.connections = 1;
  Admission admission(limits);
  std::string_view why;
  std::vector<Admission::Place> places;
  for (std::size_t i = 0; i <= Admission::most_surplus; ++i)
    places.push_back(admission.enter(address("192.0.2.1"), why));
  EXPECT_TRUE(places.back());
  EXPECT_FALSE(admission.enter(address("192.0.2.1"), why));
  EXPECT_EQ(why, "connections");
}

TEST(Admission, TellsWhenAllAreGone) {
  const Limits limits;
  Admission admission(limits);
  std::string_view why;
  auto place = admission.enter(address("192.0.2.1"), why);
  EXPECT_FALSE(admission.wait_empty(std::chrono::milliseconds(1)));
  place = {};
  EXPECT_TRUE(admission.wait_empty(std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace pd::http
