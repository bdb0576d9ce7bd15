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
  bool cancelled = false;
  boost::asio::cancellation_signal cancel;
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
    boost::asio::co_spawn(io, race(std::move(entry), limits),
                          boost::asio::bind_cancellation_slot(
                              side.cancel.slot(), [&side](const std::exception_ptr& error, Outcome outcome) {
                                side.cancelled = error != nullptr;
                                side.outcome.emplace(std::move(outcome));
                              }));
  }

  void race_both(Limits limits = {}) {
    start(callee, caller, Role::callee, limits);
    start(caller, callee, Role::caller, limits);
    until([&] { return caller.outcome && callee.outcome; });
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
    caller.gathering.reset();
    callee.gathering.reset();
  }
}

}  // namespace
}  // namespace pd::reach::test
