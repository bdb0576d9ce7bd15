// What is said to a router in PCP (RFC 6887), byte for byte, and what of its answers is believed.
#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "gather/pcp.h"

namespace pd::gather::test {
namespace {

using boost::asio::ip::udp;
using identity::Bytes;
using punch::IpAddress;
using punch::Transport;
using namespace std::chrono_literals;

const PcpNonce nonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
const IpAddress ours = IpAddress::v4({192, 168, 1, 20});
const MappingRequest udp_request{Transport::udp, 51820, 51820, 3600s};

Bytes answer_to(Bytes request, std::uint8_t result = 0) {
  request[1] |= 0x80;
  request[3] = result;
  request[6] = 0x07;  // 1,800 s
  request[7] = 0x08;
  request[42] = 0x9c;  // 40,112
  request[43] = 0xb0;
  const std::uint8_t external[] = {203, 0, 113, 7};
  std::copy(std::begin(external), std::end(external), request.begin() + 56);
  return request;
}

TEST(Pcp, RequestIsThatOfTheRfc) {
  const Bytes request = pcp_map_request(udp_request, ours, nonce);
  const Bytes expected = {2,  1, 0, 0, 0,    0,    0x0e, 0x10,                                      //
                          0,  0, 0, 0, 0,    0,    0,    0,    0, 0,  0xff, 0xff, 192, 168, 1, 20,  //
                          1,  2, 3, 4, 5,    6,    7,    8,    9, 10, 11,   12,                     //
                          17, 0, 0, 0, 0xca, 0x6c, 0xca, 0x6c,                                      //
                          0,  0, 0, 0, 0,    0,    0,    0,    0, 0,  0xff, 0xff, 0,   0,   0, 0};
  EXPECT_EQ(request, expected);
}

TEST(Pcp, TakesWhatTheRouterGrants) {
  const auto answer = read_pcp_answer(answer_to(pcp_map_request(udp_request, ours, nonce)), udp_request, nonce);
  ASSERT_TRUE(answer.mapping);
  EXPECT_EQ(answer.mapping->external.text(), "203.0.113.7:40112");
  EXPECT_EQ(answer.mapping->lifetime, 1'800s);
}

TEST(Pcp, KnowsARefusalAndARouterThatOnlyKnowsNatPmp) {
  const auto refused = read_pcp_answer(answer_to(pcp_map_request(udp_request, ours, nonce), 2), udp_request, nonce);
  EXPECT_EQ(refused.kind, PcpAnswer::Kind::refused);
  EXPECT_EQ(refused.result, 2);
  EXPECT_FALSE(refused.mapping);
  const Bytes nat_pmp = {0, 0, 0, 1, 0, 0, 0, 9};
  EXPECT_EQ(read_pcp_answer(nat_pmp, udp_request, nonce).kind, PcpAnswer::Kind::refused);
}

TEST(Pcp, PassesOverWhatAnswersSomethingElse) {
  const Bytes good = answer_to(pcp_map_request(udp_request, ours, nonce));
  for (const std::size_t at : {0U, 1U, 24U, 35U, 36U, 40U, 41U}) {
    Bytes other = good;
    other[at] ^= 0x10;
    EXPECT_EQ(read_pcp_answer(other, udp_request, nonce).kind, PcpAnswer::Kind::other) << at;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(read_pcp_answer({good.data(), size}, udp_request, nonce).kind, PcpAnswer::Kind::other) << size;
  }
}

// A router on loopback that overhears `deaf` requests and then answers one.
class Router {
 public:
  explicit Router(int deaf) : socket_(io_, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    thread_ = std::thread([this, deaf] {
      Bytes request(1'100);
      udp::endpoint from;
      for (int i = 0; i <= deaf; ++i) {
        request.resize(socket_.receive_from(boost::asio::buffer(request), from));
      }
      socket_.send_to(boost::asio::buffer(answer_to(request)), from);
    });
  }
  ~Router() { thread_.join(); }
  std::uint16_t port() const { return socket_.local_endpoint().port(); }

 private:
  boost::asio::io_context io_;
  udp::socket socket_;
  std::thread thread_;
};

const Gateway on_loopback{IpAddress::v4(punch::loopback_v4), IpAddress::v4(punch::loopback_v4)};

TEST(Pcp, AsksAgainUntilItIsAnswered) {
  const Router router(2);
  Pcp pcp(on_loopback, router.port());
  std::string failure;
  const auto mapping = pcp.map(udp_request, std::chrono::steady_clock::now() + 30s, failure);
  ASSERT_TRUE(mapping) << failure;
  EXPECT_EQ(mapping->external.text(), "203.0.113.7:40112");
}

TEST(Pcp, GivesUpAtTheDeadlineAndAtOnceWhereNobodyListens) {
  boost::asio::io_context io;
  udp::socket silent(io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const auto port = silent.local_endpoint().port();
  std::string failure;
  EXPECT_FALSE(Pcp(on_loopback, port).map(udp_request, std::chrono::steady_clock::now() + 50ms, failure));
  EXPECT_EQ(failure, "no answer");
  silent.close();
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(Pcp(on_loopback, port).map(udp_request, begun + 60s, failure));
  EXPECT_EQ(failure, "Connection refused");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
}

}  // namespace
}  // namespace pd::gather::test
