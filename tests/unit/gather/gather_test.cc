// Gathering (RACE-1 to RACE-4), with STUN servers on loopback that say what a NAT would make them see.
#include "gather/gather.h"

#include <array>
#include <memory>

#include <gtest/gtest.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace pd::gather::test {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using punch::CandidateType;
using punch::NatKind;
using punch::Transport;
using namespace std::chrono_literals;

constexpr std::uint32_t cookie = 0x2112a442;  // RFC 8489, section 5

// The answer to a Binding request with 203.0.113.7 and `port` in its XOR-MAPPED-ADDRESS.
std::array<std::uint8_t, 32> answer_to(const std::uint8_t* request, std::uint16_t port) {
  std::array<std::uint8_t, 32> answer{0x01, 0x01, 0, 12};
  std::copy_n(request + 4, 16, answer.begin() + 4);
  const std::array<std::uint8_t, 6> attribute = {0, 0x20, 0, 8, 0, 1};
  std::copy(attribute.begin(), attribute.end(), answer.begin() + 20);
  const std::uint32_t address = (203U << 24 | 113U << 8 | 7U) ^ cookie;
  port = static_cast<std::uint16_t>(port ^ (cookie >> 16));
  answer[26] = static_cast<std::uint8_t>(port >> 8);
  answer[27] = static_cast<std::uint8_t>(port);
  for (int i = 0; i < 4; ++i) {
    answer.at(28 + static_cast<std::size_t>(i)) = static_cast<std::uint8_t>(address >> (24 - 8 * i));
  }
  return answer;
}

// One port that answers, over UDP and TCP, that it saw 203.0.113.7 and `seen`; with 0 it is silent.
class FakeStun {
 public:
  FakeStun(boost::asio::io_context& io, std::uint16_t seen) : seen_(seen), udp_(io), tcp_(io) {
    bind();
    boost::asio::co_spawn(io, serve_udp(), boost::asio::detached);
    boost::asio::co_spawn(io, serve_tcp(), boost::asio::detached);
  }

  identity::StunServer server() const { return {"127.0.0.1", udp_.local_endpoint().port()}; }

 private:
  // To a port that nobody else has over UDP or TCP.
  void bind() {
    const auto loopback = boost::asio::ip::address_v4::loopback();
    boost::system::error_code error = boost::asio::error::address_in_use;
    for (int left = 100; error && left > 0; --left) {
      udp_ = udp::socket(udp_.get_executor(), udp::endpoint(loopback, 0));
      tcp_ = tcp::acceptor(tcp_.get_executor(), tcp::v4());
      tcp_.bind(tcp::endpoint(loopback, udp_.local_endpoint().port()), error);
    }
    if (error) throw boost::system::system_error(error);
    tcp_.listen();
  }

  boost::asio::awaitable<void> serve_udp() {
    std::array<std::uint8_t, 1'500> request{};
    for (;;) {
      udp::endpoint from;
      co_await udp_.async_receive_from(boost::asio::buffer(request), from, boost::asio::use_awaitable);
      if (seen_ != 0) {
        const auto answer = answer_to(request.data(), seen_);
        udp_.send_to(boost::asio::buffer(answer), from);
      }
    }
  }
  boost::asio::awaitable<void> serve_tcp() {
    for (;;) {
      auto socket = co_await tcp_.async_accept(boost::asio::use_awaitable);
      std::array<std::uint8_t, stun::request_bytes> request{};
      co_await boost::asio::async_read(socket, boost::asio::buffer(request), boost::asio::use_awaitable);
      if (seen_ != 0) {
        const auto answer = answer_to(request.data(), seen_);
        co_await boost::asio::async_write(socket, boost::asio::buffer(answer), boost::asio::use_awaitable);
      }
      connections_.push_back(std::move(socket));
    }
  }

  std::uint16_t seen_;
  udp::socket udp_;
  tcp::acceptor tcp_;
  std::vector<tcp::socket> connections_;
};

class Gather : public testing::Test {
 protected:
  std::unique_ptr<Gathering> run(Options options) {
    std::unique_ptr<Gathering> gathered;
    bool over = false;
    boost::asio::co_spawn(io, gather(std::move(options)),
                          [&](const std::exception_ptr& error, std::unique_ptr<Gathering> result) {
                            EXPECT_FALSE(error);
                            gathered = std::move(result);
                            over = true;
                          });
    while (!over) {
      io.restart();
      io.run_one_for(50ms);
    }
    return gathered;
  }

  NatKind kind_with(std::vector<std::uint16_t> seen) {
    std::vector<std::unique_ptr<FakeStun>> servers;
    Options options;
    options.time = 10s;
    for (const auto port : seen) {
      servers.push_back(std::make_unique<FakeStun>(io, port));
      options.stun.push_back(servers.back()->server());
    }
    if (std::ranges::find(seen, 0) != seen.end()) {
      options.time = 150ms;
    }
    const auto kind = run(options)->nat;
    return kind;
  }

  boost::asio::io_context io{1};
};

std::vector<std::string> addresses(const punch::Description& description, CandidateType type, Transport transport) {
  std::vector<std::string> found;
  for (const auto& candidate : description.candidates) {
    if (candidate.type == type && candidate.transport == transport) {
      found.push_back(candidate.address.text());
    }
  }
  return found;
}

TEST_F(Gather, KnowsTheKindOfItsNat) {
  EXPECT_EQ(kind_with({40'000, 40'000}), NatKind::endpoint_independent);
  EXPECT_EQ(kind_with({40'000, 40'001}), NatKind::symmetric);
  EXPECT_EQ(kind_with({0, 0}), NatKind::blocked);
  EXPECT_EQ(kind_with({40'000}), NatKind::unknown) << "one destination shows nothing of another";
  EXPECT_EQ(kind_with({}), NatKind::unknown);
}

TEST_F(Gather, TellsWhatTheServersSaw) {
  const FakeStun one(io, 40'000);
  const FakeStun other(io, 40'000);
  Options options;
  options.stun = {one.server(), other.server()};
  const auto gathered = run(options);
  const auto description = gathered->describe();
  const std::vector<std::string> seen = {"203.0.113.7:40000"};
  EXPECT_EQ(addresses(description, CandidateType::server_reflexive, Transport::udp), seen);
  EXPECT_EQ(addresses(description, CandidateType::server_reflexive, Transport::tcp), seen);
  EXPECT_EQ(gathered->stun_connections.size(), 2U);
  EXPECT_EQ(gathered->stun_connections.front().local_endpoint().port(), gathered->tcp->number());
  EXPECT_TRUE(description.json()) << description.json().error().message;
}

TEST_F(Gather, TellsTheMachineAndNoLoopbackAddress) {
  const auto gathered = run({});
  const auto description = gathered->describe();
  ASSERT_TRUE(description.machine);
  EXPECT_EQ(description.machine->udp, gathered->udp.front()->local().port());
  EXPECT_EQ(description.machine->tcp, gathered->tcp->number());
  for (const auto& candidate : description.candidates) {
    EXPECT_FALSE(candidate.address.ip.is_loopback());
  }
  const auto known = punch::reachable_candidates(description, gathered->machine());
  EXPECT_TRUE(std::ranges::any_of(known, [](const auto& candidate) { return candidate.address.ip.is_loopback(); }));
}

TEST_F(Gather, AnotherSecretInEachCall) {
  EXPECT_NE(run({})->describe().secret, run({})->describe().secret);
}

TEST_F(Gather, WaitsNoLongerThanItMay) {
  const FakeStun silent(io, 0);
  Options options;
  options.stun = {silent.server()};
  options.time = 100ms;
  const auto begun = std::chrono::steady_clock::now();
  run(options);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

TEST_F(Gather, LeavesOutWhatIsNotWanted) {
  Options options;
  options.udp = false;
  const auto no_udp = run(options);
  EXPECT_TRUE(no_udp->udp.empty());
  EXPECT_FALSE(no_udp->describe().machine->udp);
  options.udp = true;
  options.tcp = false;
  const auto no_tcp = run(options);
  EXPECT_FALSE(no_tcp->tcp);
  EXPECT_FALSE(no_tcp->describe().machine->tcp);
}

// A router that forwards everything from `external`.
class Forwards final : public MappingProtocol {
 public:
  explicit Forwards(punch::IpAddress external) : external_(external) {}
  std::string_view name() const override { return "test"; }
  std::optional<Mapping> map(const MappingRequest& request, Deadline, std::string&) override {
    return Mapping{{external_, request.port}, request.lifetime};
  }

 private:
  punch::IpAddress external_;
};

TEST_F(Gather, TellsAMappedPortButNoPrivateOne) {
  for (const bool is_public : {true, false}) {
    const auto external =
        punch::IpAddress::v4(is_public ? punch::IpAddress::V4{203, 0, 113, 7} : punch::IpAddress::V4{10, 0, 0, 7});
    PortMapper mapper(io.get_executor(), [external] {
      PortMapper::Protocols protocols;
      protocols.push_back(std::make_unique<Forwards>(external));
      return protocols;
    });
    Options options;
    options.mapper = &mapper;
    options.time_for_router = 30s;
    const auto gathered = run(options);
    const auto told = addresses(gathered->describe(), CandidateType::port_mapped, Transport::tcp);
    EXPECT_EQ(told.size(), is_public ? 1U : 0U);
  }
}

}  // namespace
}  // namespace pd::gather::test
