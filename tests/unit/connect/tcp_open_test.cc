// TCP opened from both sides (RACE-5 to RACE-8): whoever connects, the caller stays the caller, and only the two of
// them get a link out of it.
#include <linux/filter.h>
#include <sys/socket.h>

#include <future>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "connect/tcp_open.h"
#include "rig.h"
#include "tls/raw_tls.h"

namespace pd::connect::test {
namespace {

using boost::asio::ip::tcp;
using pd::test::Town;
using namespace std::chrono_literals;

tcp::endpoint loopback(std::uint16_t port) {
  return {boost::asio::ip::address_v4::loopback(), port};
}

// The listening sockets of `port` see nothing that comes: as behind a firewall.
void shut(TcpPort& port) {
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &nothing};
  for (auto& acceptor : port.acceptors()) {
    ASSERT_EQ(::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
  }
}

OpenBounds short_bounds() {
  OpenBounds bounds;
  bounds.total = 300ms;
  bounds.handshake = 150ms;
  bounds.first_retry = 10ms;
  return bounds;
}

// Olivier calls and Gordon answers, each from a port of his own.
class OpenTcp : public testing::Test {
 protected:
  OpenTcp() {
    for (const auto& who : {olivier, gordon, eve}) {
      town.settle(who);
    }
  }

  Parties parties(const std::string& self, const std::string& peer) {
    return {Town::credentials(self), town.find(peer)};
  }

  void call(std::vector<tcp::endpoint> remotes, OpenBounds bounds = {}, const std::string& self = olivier) {
    boost::asio::co_spawn(
        io, open_calling(olivier_port, parties(self, gordon), std::move(remotes), bounds),
        boost::asio::bind_cancellation_slot(
            cancel.slot(), [this](const std::exception_ptr& error, Outcome<std::unique_ptr<Link>> outcome) {
              cancelled = error != nullptr;
              called.emplace(std::move(outcome));
            }));
  }

  void answer(std::vector<tcp::endpoint> remotes, OpenBounds bounds = {}) {
    const auto take = [this](std::unique_ptr<Link> link) { answered.push_back(std::move(link)); };
    boost::asio::co_spawn(io, open_answering(gordon_port, parties(gordon, olivier), std::move(remotes), take, bounds),
                          boost::asio::bind_cancellation_slot(stop_answering.slot(),
                                                              [this](const std::exception_ptr& error, NoLink failure) {
                                                                EXPECT_FALSE(error);
                                                                answer_over = std::move(failure);
                                                              }));
  }

  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it took too long";
      io.restart();
      io.run_one_for(50ms);
    }
  }

  void until_called() {
    until([&] { return called.has_value(); });
  }

  // Both have the same link: what one writes the other reads, first of all.
  void expect_linked() {
    until_called();
    ASSERT_TRUE(*called) << called->error().message;
    until([&] { return !answered.empty(); });
    EXPECT_EQ((**called)->peer().address().text(), gordon);
    EXPECT_EQ(answered.front()->peer().address().text(), olivier);
    EXPECT_EQ(answered.front()->device(), Town::device_key(olivier, "laptop").public_key());
    std::string got;
    boost::asio::co_spawn(io, (**called)->write("hello"), boost::asio::detached);
    for (const auto& link : answered) {
      boost::asio::co_spawn(io, hear(*link, got), boost::asio::detached);
    }
    until([&] { return got == "hello"; });
  }

  static boost::asio::awaitable<void> hear(Link& link, std::string& got) {
    std::string buffer(16, 0);
    try {
      const auto size = co_await link.read(buffer);
      got.append(buffer, 0, size);
    } catch (const boost::system::system_error&) {  // the caller has not chosen this one
    }
  }

  boost::asio::io_context io{1};
  Town town;
  std::shared_ptr<TcpPort> olivier_port = std::make_shared<TcpPort>(io.get_executor());
  std::shared_ptr<TcpPort> gordon_port = std::make_shared<TcpPort>(io.get_executor());
  boost::asio::cancellation_signal cancel;
  boost::asio::cancellation_signal stop_answering;
  std::optional<Outcome<std::unique_ptr<Link>>> called;
  bool cancelled = false;
  std::vector<std::unique_ptr<Link>> answered;
  std::optional<NoLink> answer_over;
};

TEST_F(OpenTcp, FromBothSides) {
  call({loopback(gordon_port->number())});
  answer({loopback(olivier_port->number())});
  expect_linked();
}

TEST_F(OpenTcp, AtTheSameMomentWhenNeitherLetsAnybodyIn) {
  shut(*olivier_port);
  shut(*gordon_port);
  call({loopback(gordon_port->number())});
  answer({loopback(olivier_port->number())});
  expect_linked();
  EXPECT_EQ((**called)->where(), "127.0.0.1:" + std::to_string(gordon_port->number()));
  EXPECT_EQ(answered.front()->where(), "127.0.0.1:" + std::to_string(olivier_port->number()));
}

TEST_F(OpenTcp, WhenOnlyTheCallerCanConnect) {
  shut(*olivier_port);
  call({loopback(gordon_port->number())});
  answer({});
  expect_linked();
}

TEST_F(OpenTcp, WhenOnlyTheAnswererCanConnectTheCallerIsStillTheCaller) {
  shut(*gordon_port);
  call({});
  answer({loopback(olivier_port->number())});
  expect_linked();
}

TEST_F(OpenTcp, OverIpv6) {
  if (gordon_port->acceptors().size() < 2) {
    GTEST_SKIP() << "this machine has no IPv6";
  }
  const tcp::endpoint there{boost::asio::ip::address_v6::loopback(), gordon_port->number()};
  call({there});
  answer({});
  expect_linked();
}

TEST_F(OpenTcp, TriesAgainWhatWasRefused) {
  for (auto& acceptor : gordon_port->acceptors()) {
    acceptor.close();
  }
  auto bounds = short_bounds();
  bounds.total = patience;
  call({loopback(gordon_port->number())}, bounds);
  for (int i = 0; i < 20; ++i) {
    io.restart();
    io.run_one_for(50ms);
  }
  EXPECT_FALSE(called);
  tcp::acceptor late(io, {tcp::v4(), gordon_port->number()});
  bool came = false;
  late.async_accept([&](const boost::system::error_code& error, const tcp::socket&) { came = !error; });
  until([&] { return came; });
}

TEST_F(OpenTcp, SomebodyElseIsFinal) {
  town.change_devices(gordon, {"phone"});
  answer({});  // with the laptop's key
  auto bounds = short_bounds();
  bounds.total = 2 * patience;
  call({loopback(gordon_port->number())}, bounds);
  until_called();
  ASSERT_FALSE(*called);
  EXPECT_EQ(called->error().cause, Cause::wrong_key);
  EXPECT_NE(called->error().message.find("somebody else"), std::string::npos) << called->error().message;
  EXPECT_TRUE(answered.empty());
}

TEST_F(OpenTcp, TheAnswererTakesNobodyButTheCaller) {
  auto bounds = short_bounds();
  answer({loopback(olivier_port->number())}, bounds);
  call({loopback(gordon_port->number())}, bounds, eve);
  until([&] { return answer_over.has_value(); });
  EXPECT_TRUE(answered.empty());
  EXPECT_EQ(answer_over->cause, Cause::wrong_key);
}

TEST_F(OpenTcp, AStrangerWhoConnectsChangesNothing) {
  auto bounds = short_bounds();
  bounds.total = patience;
  const auto key = ed25519(Town::device_key(eve, "laptop"));
  answer({loopback(1)}, bounds);
  auto spoken = std::async(std::launch::async, [port = gordon_port->number(), &key] {
    return dial_raw(port, {key, certificate(key, olivier), {}});
  });
  until([&] { return spoken.wait_for(0s) == std::future_status::ready; });
  EXPECT_FALSE(spoken.get());
  EXPECT_FALSE(answer_over);
  call({loopback(gordon_port->number())}, bounds);
  expect_linked();
}

TEST_F(OpenTcp, AHandshakeAloneIsNotALink) {
  const auto key = ed25519(Town::device_key(gordon, "laptop"));
  RawServer silent({key, certificate(key, gordon), {}});
  call({loopback(silent.port())}, short_bounds());
  until_called();
  ASSERT_FALSE(*called) << "its other side has not said that it knows us";
  EXPECT_EQ(called->error().cause, Cause::unreachable);
}

TEST_F(OpenTcp, SaysWhyForEachAddress) {
  const Hole hole;
  const auto closed = Hole().port();
  call({loopback(hole.port()), loopback(closed)}, short_bounds());
  until_called();
  ASSERT_FALSE(*called);
  const auto& message = called->error().message;
  EXPECT_EQ(called->error().cause, Cause::unreachable);
  EXPECT_NE(message.find("127.0.0.1:" + std::to_string(closed) + ": Connection refused"), std::string::npos) << message;
  EXPECT_NE(message.find("127.0.0.1:" + std::to_string(hole.port()) + ": no answer in time"), std::string::npos)
      << message;
}

TEST_F(OpenTcp, SilentGuestsDoNotShutOutTheCaller) {
  OpenBounds bounds;
  bounds.handshake = bounds.total = 2 * patience;
  bounds.guests = 3;
  answer({}, bounds);
  std::vector<Silent> silent;
  for (int i = 0; i < 4; ++i) {
    silent.emplace_back(gordon_port->number());
  }
  call({loopback(gordon_port->number())}, bounds);
  expect_linked();
  std::thread first([&] { silent.front().wait_until_closed(); });
  first.join();
}

TEST_F(OpenTcp, CancellingLeavesNothingBehind) {
  const Hole hole;
  call({loopback(hole.port()), loopback(1)});
  answer({loopback(hole.port())});
  io.run_for(50ms);
  EXPECT_FALSE(called);
  cancel.emit(boost::asio::cancellation_type::terminal);
  until_called();
  EXPECT_TRUE(cancelled);
}

}  // namespace
}  // namespace pd::connect::test
