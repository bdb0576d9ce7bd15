// Mapped ports (RACE-3): asked for in order, by what was understood before, and taken back at the end.
#include "gather/port_mapper.h"

#include <mutex>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace pd::gather::test {
namespace {

using punch::Transport;
using namespace std::chrono_literals;

// What routers were asked, from their thread.
class Log {
 public:
  void add(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class FakeProtocol final : public MappingProtocol {
 public:
  FakeProtocol(std::string name, bool understood, Log& log)
      : name_(std::move(name)), understood_(understood), log_(log) {}

  std::string_view name() const override { return name_; }
  std::optional<Mapping> map(const MappingRequest& request, Deadline, std::string& failure) override {
    const bool removal = request.lifetime.count() == 0;
    log_.add(name_ + (removal ? " removes " : " maps ") + std::string(punch::name(request.transport)) + " " +
             std::to_string(removal ? request.external : request.port));
    failure = understood_ ? "" : "not understood";
    if (!understood_ || removal) {
      return std::nullopt;
    }
    return Mapping{{punch::IpAddress::v4({203, 0, 113, 7}), static_cast<std::uint16_t>(request.port + 1)},
                   request.lifetime};
  }

 private:
  std::string name_;
  bool understood_;
  Log& log_;
};

PortMapper::MakeProtocols two(bool second_understands, Log& log) {
  return [=, &log] {
    PortMapper::Protocols protocols;
    protocols.push_back(std::make_unique<FakeProtocol>("first", false, log));
    protocols.push_back(std::make_unique<FakeProtocol>("second", second_understands, log));
    return protocols;
  };
}

void wait_for(boost::asio::io_context& io, MappedPort& port) {
  bool known = false;
  boost::asio::co_spawn(io, port.known(std::chrono::steady_clock::now() + 30s),
                        [&](const std::exception_ptr&) { known = true; });
  while (!known) {
    io.restart();
    io.run_one_for(50ms);
  }
}

TEST(PortMapper, AsksInOrderThenWhatWasUnderstoodAndTakesEverythingBack) {
  boost::asio::io_context io{1};
  Log log;
  {
    PortMapper mapper(io.get_executor(), two(true, log));
    const auto first = mapper.map(Transport::udp, 1'000);
    EXPECT_FALSE(first->mapping());
    wait_for(io, *first);
    ASSERT_TRUE(first->mapping());
    EXPECT_EQ(first->mapping()->external.text(), "203.0.113.7:1001");
    EXPECT_EQ(first->how(), "by second");
    const auto second = mapper.map(Transport::tcp, 2'000);
    wait_for(io, *second);
    EXPECT_TRUE(second->mapping());
  }
  const std::vector<std::string> expected = {"first maps udp 1000", "second maps udp 1000", "second maps tcp 2000",
                                             "second removes tcp 2001", "second removes udp 1001"};
  EXPECT_EQ(log.lines(), expected);
}

TEST(PortMapper, WhatNobodyLooksAtIsTakenBackToo) {
  boost::asio::io_context io{1};
  Log log;
  {
    PortMapper mapper(io.get_executor(), two(true, log));
    mapper.map(Transport::udp, 1'000);  // and dropped at once
    const auto later = mapper.map(Transport::tcp, 2'000);
    wait_for(io, *later);
    EXPECT_EQ(log.lines()[2], "second removes udp 1001");
  }
}

TEST(PortMapper, SaysWhyThereIsNoneAndDoesNotAskAgainAtOnce) {
  boost::asio::io_context io{1};
  Log log;
  PortMapper mapper(io.get_executor(), two(false, log));
  for (int i = 0; i < 2; ++i) {
    const auto port = mapper.map(Transport::udp, 1'000);
    wait_for(io, *port);
    EXPECT_FALSE(port->mapping());
    EXPECT_EQ(port->how(), "first: not understood; second: not understood");
  }
  EXPECT_EQ(log.lines().size(), 2U);
}

TEST(PortMapper, WithoutARouterThereIsNothingToAsk) {
  boost::asio::io_context io{1};
  PortMapper mapper(io.get_executor(), [] { return PortMapper::Protocols(); });
  const auto port = mapper.map(Transport::udp, 1'000);
  wait_for(io, *port);
  EXPECT_EQ(port->how(), "no router that could be asked");
}

TEST(PortMapper, TheEnvironmentCanForbidIt) {
  EXPECT_TRUE(port_mapping_allowed());
  ::setenv("PD_PORT_MAPPING", "off", 1);
  EXPECT_FALSE(port_mapping_allowed());
  ::unsetenv("PD_PORT_MAPPING");
}

}  // namespace
}  // namespace pd::gather::test
