// Datagrams on loopback: one by one and in batches, whatever the kernel can do.
#include "net/udp_socket.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace pd::net::test {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using Bytes = std::vector<std::uint8_t>;

constexpr std::chrono::seconds patience{30};

struct Manner {
  const char* name;
  const char* address;
  bool offload;
};

void PrintTo(const Manner& it, std::ostream* out) {
  *out << it.name;
}

udp::endpoint any_port(const char* address) {
  return {asio::ip::make_address(address), 0};
}

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return bytes;
}

asio::awaitable<void> take(UdpSocket& socket, std::vector<Bytes>& into, std::size_t count) {
  Received received;
  while (into.size() < count) {
    const auto error = co_await socket.readable();
    if (error) co_return;
    while (into.size() < count && socket.receive(received)) {
      for (std::size_t i = 0; i < received.count(); ++i)
        into.emplace_back(received[i].begin(), received[i].end());
    }
  }
}

class Udp : public testing::TestWithParam<Manner> {
 protected:
  UdpSocket make() { return {io.get_executor(), any_port(GetParam().address), {GetParam().offload}}; }

  // What `socket` receives, until there are `count`.
  std::vector<Bytes> receive(UdpSocket& socket, std::size_t count) {
    std::vector<Bytes> got;
    asio::co_spawn(io, take(socket, got, count), asio::detached);
    io.restart();
    io.run_for(patience);
    return got;
  }

  asio::io_context io{1};
};

TEST_P(Udp, BindsToAFreePort) {
  auto socket = make();
  EXPECT_EQ(socket.local().address().to_string(), GetParam().address);
  EXPECT_NE(socket.local().port(), 0);
  EXPECT_TRUE(socket.is_open());
}

TEST_P(Udp, RefusesAPortThatIsTaken) {
  auto socket = make();
  EXPECT_THROW(UdpSocket(io.get_executor(), socket.local()), boost::system::system_error);
}

TEST_P(Udp, CarriesOneDatagram) {
  auto a = make(), b = make();
  const auto sent = pattern(1'200);
  EXPECT_TRUE(a.send(b.local(), sent));
  EXPECT_EQ(receive(b, 1), std::vector<Bytes>{sent});
}

TEST_P(Udp, TellsWhoSentIt) {
  auto a = make(), b = make();
  EXPECT_TRUE(a.send(b.local(), pattern(5)));
  asio::co_spawn(io, b.readable(), asio::detached);
  io.run_for(patience);
  Received received;
  ASSERT_TRUE(b.receive(received));
  EXPECT_EQ(received.from(), a.local());
  EXPECT_EQ(received.count(), 1U);
  EXPECT_FALSE(b.receive(received));
}

TEST_P(Udp, CarriesAnEmptyDatagram) {
  auto a = make(), b = make();
  EXPECT_TRUE(a.send(b.local(), {}));
  EXPECT_EQ(receive(b, 1), std::vector<Bytes>{Bytes()});
}

TEST_P(Udp, CarriesSegmentsOfWhichTheLastIsShorter) {
  auto a = make(), b = make();
  b.hold(1 << 20);
  constexpr std::size_t segment = 1'300, count = 100;  // more than one batch
  const auto bytes = pattern(segment * (count - 1) + 17);
  EXPECT_EQ(a.send_segments(b.local(), bytes, segment), bytes.size());
  const auto got = receive(b, count);
  ASSERT_EQ(got.size(), count);
  Bytes together;
  for (const auto& each : got)
    together.insert(together.end(), each.begin(), each.end());
  EXPECT_EQ(together, bytes);
  EXPECT_TRUE(std::all_of(got.begin(), got.end() - 1, [](const auto& each) { return each.size() == segment; }));
}

TEST_P(Udp, OneSegmentMayBeLarge) {
  auto a = make(), b = make();
  const auto bytes = pattern(65'000);
  EXPECT_EQ(a.send_segments(b.local(), bytes, bytes.size()), bytes.size());
  EXPECT_EQ(receive(b, 1), std::vector<Bytes>{bytes});
}

TEST_P(Udp, ManyTinySegmentsArrive) {
  auto a = make(), b = make();
  const auto bytes = pattern(130);
  EXPECT_EQ(a.send_segments(b.local(), bytes, 1), bytes.size());
  EXPECT_EQ(receive(b, bytes.size()).size(), bytes.size());
}

TEST_P(Udp, SaysHowManyWholeSegmentsTheKernelTook) {
  auto a = make(), b = make();
  a.hold(1);  // as little as there is
  const auto bytes = pattern(1'000 * 60);
  const auto sent = a.send_segments(b.local(), bytes, 1'000);
  EXPECT_EQ(sent % 1'000, 0U);
  const auto got = receive(b, sent / 1'000);
  EXPECT_EQ(got.size() * 1'000, sent);
}

TEST_P(Udp, ADatagramWithOneHopStaysOnTheMachine) {
  auto a = make(), b = make();
  const auto sent = pattern(30);
  EXPECT_TRUE(a.send(b.local(), sent, 1));
  EXPECT_EQ(receive(b, 1), std::vector<Bytes>{sent});
}

TEST_P(Udp, WhoIsNotThereDoesNotBreakIt) {
  auto a = make(), b = make();
  auto gone = std::make_unique<UdpSocket>(io.get_executor(), any_port(GetParam().address));
  const auto where = gone->local();
  gone.reset();
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(a.send(where, pattern(10)));
  EXPECT_EQ(a.send_segments(where, pattern(30), 10), 30U);
  EXPECT_TRUE(a.send(b.local(), pattern(10)));
  EXPECT_EQ(receive(b, 1).size(), 1U);
  EXPECT_TRUE(b.send(a.local(), pattern(10)));
  EXPECT_EQ(receive(a, 1).size(), 1U);
}

TEST_P(Udp, WhatCannotLeaveIsLostAndSaysWhy) {
  auto a = make(), b = make();
  const bool v6 = a.local().address().is_v6();
  const udp::endpoint other_family(asio::ip::make_address(v6 ? "127.0.0.1" : "::1"), b.local().port());
  EXPECT_TRUE(a.send(other_family, pattern(10)));
  EXPECT_TRUE(a.last_failure());
  EXPECT_EQ(a.send_segments(other_family, pattern(100), 10), 100U);
  EXPECT_EQ(a.send_segments(b.local(), pattern(100), 10), 100U);
  EXPECT_EQ(receive(b, 10).size(), 10U);
}

TEST_P(Udp, ClosingEndsAWait) {
  auto socket = make();
  boost::system::error_code how;
  asio::co_spawn(io, socket.readable(),
                 [&](const std::exception_ptr&, boost::system::error_code error) { how = error; });
  io.poll();
  socket.close();
  io.restart();
  io.run_for(patience);
  EXPECT_EQ(how, asio::error::operation_aborted);
  Received received;
  EXPECT_FALSE(socket.receive(received));
  EXPECT_FALSE(socket.is_open());
}

INSTANTIATE_TEST_SUITE_P(Net, Udp,
                         testing::Values(Manner{"V4", "127.0.0.1", true}, Manner{"V6", "::1", true},
                                         Manner{"V4OneByOne", "127.0.0.1", false}, Manner{"V6OneByOne", "::1", false}),
                         [](const auto& manner) { return std::string(manner.param.name); });

}  // namespace
}  // namespace pd::net::test
