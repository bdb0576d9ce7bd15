// Two sides of a call race on loopback, over real sockets: both end up with the link that the caller chose.
#include "reach/race.h"

#include <optional>

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "client/town.h"

namespace pd::reach::test {
namespace {

using connect::Cause;
using pd::test::Town;
using punch::Role;
using punch::Transport;
using namespace std::chrono_literals;

using Outcome = connect::Outcome<Reached>;

const std::string olivier = "olivier@example.org";
const std::string gordon = "gordon@blackmesa.us";
constexpr std::chrono::seconds patience{60};

struct Side {
  std::shared_ptr<gather::Gathering> gathering;
  punch::Description told;
  std::optional<Outcome> outcome;
  bool begun = false;
  bool cancelled = false;
  boost::asio::cancellation_signal cancel;
};

// Stands on the way between the two sides and loses the first nominations (REACH-20).
class Relay {
 public:
  Relay(const boost::asio::any_io_executor& executor, std::uint16_t callee, int lost)
      : near_(executor, loopback(0)), far_(executor, loopback(0)), callee_(loopback(callee)), lost_(lost) {
    boost::asio::co_spawn(executor, carry(near_, far_, true), boost::asio::detached);
    boost::asio::co_spawn(executor, carry(far_, near_, false), boost::asio::detached);
  }
  ~Relay() {
    near_.close();
    far_.close();
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Where the caller finds the callee.
  punch::Candidate candidate() const {
    return {
        punch::CandidateType::host, Transport::udp, {punch::IpAddress::v4(punch::loopback_v4), near_.local().port()}};
  }
  int lost() const { return lost_; }

 private:
  using Endpoint = boost::asio::ip::udp::endpoint;

  static Endpoint loopback(std::uint16_t port) { return {boost::asio::ip::address_v4::loopback(), port}; }

  boost::asio::awaitable<void> carry(net::UdpSocket& from, net::UdpSocket& to, bool of_caller) {
    net::Received received;
    for (;;) {
      const auto error = co_await from.readable();
      if (error) {
        co_return;
      }
      while (from.receive(received)) {
        if (of_caller) {
          caller_ = received.from();
        }
        for (std::size_t i = 0; i < received.count(); ++i) {
          if (!loses(received[i])) {
            to.send(of_caller ? callee_ : caller_, received[i]);
          }
        }
      }
    }
  }

  bool loses(net::Datagram datagram) {
    const bool nomination = datagram.size() == punch::probe_bytes && datagram[0] == 1 && datagram[1] == 1;
    return nomination && lost_ > 0 && lost_-- > 0;
  }

  net::UdpSocket near_;  // the caller's side
  net::UdpSocket far_;
  Endpoint caller_;
  const Endpoint callee_;
  int lost_;
};

// Olivier calls, Gordon answers.
class Race : public testing::Test {
 protected:
  Race() {
    town.settle(olivier);
    town.settle(gordon);
  }

  void gather_both(bool udp, bool tcp) {
    for (auto* side : {&caller, &callee}) {
      gather::Options options;
      options.udp = udp;
      options.tcp = tcp;
      boost::asio::co_spawn(io, gather::gather(options),
                            [side](const std::exception_ptr&, std::unique_ptr<gather::Gathering> gathered) {
                              side->told = gathered->describe();
                              side->gathering = std::move(gathered);
                            });
    }
    until([&] { return caller.gathering && callee.gathering; });
  }

  void start(Side& side, const Side& other, Role role, Limits limits = {}) {
    const bool calls = role == Role::caller;
    Entry entry{role, side.gathering, side.told, other.told,
                connect::Parties{Town::credentials(calls ? olivier : gordon), town.find(calls ? gordon : olivier)}};
    boost::asio::co_spawn(io, begin(side, std::move(entry), limits),
                          boost::asio::bind_cancellation_slot(
                              side.cancel.slot(), [&side](const std::exception_ptr& error, Outcome outcome) {
                                side.cancelled = error != nullptr;
                                side.outcome.emplace(std::move(outcome));
                              }));
  }

  static boost::asio::awaitable<Outcome> begin(Side& side, Entry entry, Limits limits) {
    side.begun = true;
    auto outcome = co_await race(std::move(entry), limits);
    co_return outcome;
  }

  void race_both(Limits limits = {}) {
    start(callee, caller, Role::callee, limits);
    start(caller, callee, Role::caller, limits);
    until([&] { return caller.outcome && callee.outcome; });
  }

  // As a caller who does not choose: a connection of her own to the callee's port, proven.
  std::unique_ptr<connect::Link> link_of_caller() {
    const boost::asio::ip::tcp::endpoint callees(boost::asio::ip::address_v4::loopback(), *callee.told.machine->tcp);
    connect::Parties parties{Town::credentials(olivier), town.find(gordon)};
    std::optional<connect::Outcome<std::unique_ptr<connect::Link>>> outcome;
    boost::asio::co_spawn(
        io, connect::open_calling(std::make_shared<connect::TcpPort>(io.get_executor()), std::move(parties), {callees}),
        [&](const std::exception_ptr&, auto opened) { outcome.emplace(std::move(opened)); });
    until([&] { return outcome.has_value(); });
    return *outcome ? *std::move(*outcome) : nullptr;
  }

  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it took too long";
      io.restart();
      io.run_one_for(50ms);
    }
  }

  // What one writes first is what the other reads first.
  void expect_same_link() {
    ASSERT_TRUE(*caller.outcome) << caller.outcome->error().message;
    ASSERT_TRUE(*callee.outcome) << callee.outcome->error().message;
    EXPECT_EQ((*caller.outcome)->transport, (*callee.outcome)->transport);
    auto& sending = *(*caller.outcome)->link;
    auto& receiving = *(*callee.outcome)->link;
    EXPECT_EQ(sending.peer().address().text(), gordon);
    EXPECT_EQ(receiving.peer().address().text(), olivier);
    std::string got;
    boost::asio::co_spawn(io, sending.write("hello"), boost::asio::detached);
    boost::asio::co_spawn(io, hear(receiving, got), boost::asio::detached);
    until([&] { return got == "hello"; });
  }

  static boost::asio::awaitable<void> hear(connect::Link& link, std::string& got) {
    std::string buffer(16, 0);
    while (got.size() < 5) {
      const auto size = co_await link.read(buffer);
      if (size == 0) {
        co_return;
      }
      got.append(buffer, 0, size);
    }
  }

  static boost::asio::awaitable<void> closes(connect::Link& link) {
    std::string buffer(1, 0);
    co_await link.read(buffer);
  }

  void expect_wrong_key(bool udp, bool tcp) {
    gather_both(udp, tcp);
    start(callee, caller, Role::callee);  // with the laptop's key
    town.change_devices(gordon, {"phone"});
    start(caller, callee, Role::caller);
    until([&] { return caller.outcome.has_value(); });
    ASSERT_FALSE(*caller.outcome);
    EXPECT_EQ(caller.outcome->error().cause, Cause::wrong_key);
    callee.cancel.emit(boost::asio::cancellation_type::terminal);
    until([&] { return callee.outcome.has_value(); });
    EXPECT_TRUE(callee.cancelled);
  }

  boost::asio::io_context io{1};
  Town town;
  Side caller;
  Side callee;
};

TEST_F(Race, BothEndOnTheSameLink) {
  for (int i = 0; i < 5; ++i) {
    gather_both(true, true);
    race_both();
    expect_same_link();
    EXPECT_EQ((*caller.outcome)->path, "same machine");
    caller.gathering.reset();
    callee.gathering.reset();
    caller.outcome.reset();
    callee.outcome.reset();
  }
}

TEST_F(Race, OverQuicWhereThereIsNoTcp) {
  gather_both(true, false);
  race_both();
  expect_same_link();
  EXPECT_EQ((*caller.outcome)->transport, Transport::udp);
}

TEST_F(Race, OverQuicWhereNominationsAreLost) {
  gather_both(true, false);
  Relay relay(io.get_executor(), callee.gathering->udp.front()->local().port(), 3);
  for (auto* side : {&caller, &callee}) {
    side->told.machine.reset();
    side->told.candidates.clear();
  }
  callee.told.candidates = {relay.candidate()};
  race_both();
  EXPECT_EQ(relay.lost(), 0);
  expect_same_link();
}

TEST_F(Race, OverTcpWhereThereIsNoUdp) {
  gather_both(false, true);
  race_both();
  expect_same_link();
  EXPECT_EQ((*caller.outcome)->transport, Transport::tcp);
}

TEST_F(Race, OverTcpWhereUdpIsLost) {
  gather_both(true, true);
  for (auto* side : {&caller, &callee}) {
    side->told.machine->udp.reset();
    std::erase_if(side->told.candidates, [](const auto& each) { return each.transport == Transport::udp; });
  }
  race_both();
  expect_same_link();
  EXPECT_EQ((*caller.outcome)->transport, Transport::tcp);
}

TEST_F(Race, HoldsABoundedNumberOfLinksUntilTheCallerChooses) {
  gather_both(false, true);
  Limits limits;
  limits.held = 2;
  start(callee, caller, Role::callee, limits);
  std::vector<std::unique_ptr<connect::Link>> links;
  for (int i = 0; i < 3; ++i) {
    links.push_back(link_of_caller());
    ASSERT_TRUE(links.back());
  }
  bool closed = false;
  boost::asio::co_spawn(io, closes(*links.back()), [&](const std::exception_ptr&) { closed = true; });
  until([&] { return closed || callee.outcome; });
  EXPECT_TRUE(closed) << "one too many is held";
  links.front().reset();  // makes room for another
  const auto chosen = link_of_caller();
  ASSERT_TRUE(chosen);
  boost::asio::co_spawn(io, chosen->write("\x02"), boost::asio::detached);
  until([&] { return callee.outcome.has_value(); });
  EXPECT_TRUE(*callee.outcome);
}

TEST_F(Race, SomebodyElseOverQuicIsFinal) {
  expect_wrong_key(true, false);
}

TEST_F(Race, SomebodyElseOverTcpIsFinal) {
  expect_wrong_key(false, true);
}

TEST_F(Race, SaysSoWhenNobodyIsThere) {
  gather_both(true, true);
  Limits limits;
  limits.total = 300ms;
  start(caller, callee, Role::caller, limits);
  until([&] { return caller.outcome.has_value(); });
  ASSERT_FALSE(*caller.outcome);
  const auto& report = caller.outcome->error();
  EXPECT_EQ(report.cause, Cause::unreachable);
  EXPECT_FALSE(report.message.empty());
  EXPECT_GE(report.ways.size(), 2U);
}

TEST_F(Race, LastsLessWhereBothAreSymmetric) {
  gather_both(true, true);
  caller.told.nat = callee.told.nat = punch::NatKind::symmetric;
  Limits limits;
  limits.total = std::chrono::hours(1);
  limits.both_symmetric = 300ms;
  start(caller, callee, Role::caller, limits);
  until([&] { return caller.outcome.has_value(); });
  ASSERT_FALSE(*caller.outcome);
  EXPECT_NE(caller.outcome->error().message.find("symmetric"), std::string::npos);
}

TEST_F(Race, CanBeCancelledAtAnyTime) {
  for (int turns = 0; turns < 40; ++turns) {
    gather_both(true, true);
    start(callee, caller, Role::callee);
    start(caller, callee, Role::caller);
    // Asio 1.28 throws out of the loop when a coroutine is cancelled that has not begun, as none is that the loop
    // spawns.
    until([&] { return caller.begun && callee.begun; });
    for (int i = 0; i < 3 * turns && !caller.outcome && !callee.outcome; ++i) {
      io.restart();
      io.run_one_for(20ms);
    }
    for (auto* side : {&caller, &callee}) {
      side->cancel.emit(boost::asio::cancellation_type::terminal);
    }
    until([&] { return caller.outcome && callee.outcome; });
    caller.outcome.reset();
    callee.outcome.reset();
    caller.begun = callee.begun = false;
    caller.gathering.reset();
    callee.gathering.reset();
  }
}

}  // namespace
}  // namespace pd::reach::test
