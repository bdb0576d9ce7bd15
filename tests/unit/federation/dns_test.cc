#include "federation/dns.h"

#include <ctime>
#include <thread>

#include <gmock/gmock.h>

#include "support/dns_server.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using testing::DnsServer;
using ::testing::ElementsAre;
using testing::Runner;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{20};  // longer than anything here takes

struct Dns : ::testing::Test {
  DnsServer server;
  Runner runner;
  Resolver resolver{{.servers = {server.address()}}};

  DnsAddresses addresses(const std::string& name, std::chrono::milliseconds within = patience) {
    return runner.run(resolver.addresses(name, Steady::now() + within));
  }
  DnsServices services(const std::string& name, std::chrono::milliseconds within = patience) {
    return runner.run(resolver.services(name, Steady::now() + within));
  }
};

TEST_F(Dns, FindsAddressesOfBothFamilies) {
  server.add_address("blackmesa.us", "192.0.2.7");
  server.add_address("blackmesa.us", "2001:db8::7");
  const auto found = addresses("blackmesa.us");
  EXPECT_EQ(found.status, DnsStatus::found);
  std::vector<std::string> texts;
  for (const auto& one : found.addresses)
    texts.push_back(one.to_string());
  EXPECT_THAT(texts, ::testing::UnorderedElementsAre("192.0.2.7", "2001:db8::7"));
}

TEST_F(Dns, TellsNoneFromFailed) {
  EXPECT_EQ(addresses("nothing.example").status, DnsStatus::none);
  EXPECT_EQ(services("_pd._tcp.nothing.example").status, DnsStatus::none);
  server.set_silent(true);
  EXPECT_EQ(addresses("blackmesa.us", std::chrono::milliseconds(50)).status, DnsStatus::failed);
  EXPECT_EQ(services("_pd._tcp.blackmesa.us", std::chrono::milliseconds(50)).status, DnsStatus::failed);
}

TEST_F(Dns, GarbageIsAFailure) {
  server.set_garbage(true);
  EXPECT_EQ(addresses("blackmesa.us", std::chrono::milliseconds(200)).status, DnsStatus::failed);
  EXPECT_EQ(services("_pd._tcp.blackmesa.us", std::chrono::milliseconds(200)).status, DnsStatus::failed);
}

TEST_F(Dns, OrdersServicesByPriorityAndWeight) {
  server.add_service("_pd._tcp.blackmesa.us", {20, 0, 4, "d.example"});
  server.add_service("_pd._tcp.blackmesa.us", {10, 1, 2, "b.example"});
  server.add_service("_pd._tcp.blackmesa.us", {10, 5, 1, "A.Example"});
  server.add_service("_pd._tcp.blackmesa.us", {10, 0, 3, "c.example"});
  const auto found = services("_pd._tcp.blackmesa.us");
  ASSERT_EQ(found.status, DnsStatus::found);
  std::vector<std::string> hosts;
  for (const auto& one : found.targets)
    hosts.push_back(one.host + ":" + std::to_string(one.port));
  EXPECT_THAT(hosts, ElementsAre("a.example:1", "b.example:2", "c.example:3", "d.example:4"));
}

TEST_F(Dns, ATargetOfADotMeansThatThereIsNoService) {
  server.add_service("_pd._tcp.blackmesa.us", {0, 0, 443, ""});
  EXPECT_EQ(services("_pd._tcp.blackmesa.us").status, DnsStatus::none);
}

TEST_F(Dns, KeepsSixteenAnswersAtMost) {
  for (int i = 1; i <= 30; ++i)
    server.add_address("blackmesa.us", "192.0.2." + std::to_string(i));
  EXPECT_EQ(addresses("blackmesa.us").addresses.size(), max_dns_answers);
}

TEST_F(Dns, AddsNoSearchDomain) {
  addresses("nothing.example");
  EXPECT_EQ(server.asked("nothing.example"), 2u);
}

TEST_F(Dns, AnswersManyAtOnceWhileOneIsSlow) {
  server.add_address("blackmesa.us", "192.0.2.7");
  std::vector<testing::Pending<DnsAddresses>> all;
  for (int i = 0; i < 200; ++i)
    all.push_back(runner.start(resolver.addresses("blackmesa.us", Steady::now() + patience)));
  for (auto& one : all)
    EXPECT_EQ(one.get().status, DnsStatus::found);
}

TEST_F(Dns, RefusesToQueueWithoutEnd) {
  server.set_silent(true);
  std::vector<testing::Pending<DnsAddresses>> all;
  for (std::size_t i = 0; i < max_dns_questions + 100; ++i)
    all.push_back(runner.start(
        resolver.addresses("u" + std::to_string(i) + ".example", Steady::now() + std::chrono::milliseconds(300))));
  for (auto& one : all)
    EXPECT_EQ(one.get().status, DnsStatus::failed);
}

std::chrono::nanoseconds processor_time() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

TEST_F(Dns, ASilentServerCostsNoProcessorTimeAfterTheDeadline) {
  server.set_silent(true);
  EXPECT_EQ(addresses("blackmesa.us", std::chrono::milliseconds(20)).status, DnsStatus::failed);
  const auto before = processor_time();
  std::this_thread::sleep_for(std::chrono::milliseconds(600));  // c-ares still waits for the server
  EXPECT_LT(processor_time() - before, std::chrono::milliseconds(200));
}

TEST(DnsEnd, WhoeverWaitsIsTold) {
  DnsServer server;
  server.set_silent(true);
  Runner runner;
  auto resolver = std::make_unique<Resolver>(DnsSettings{.servers = {server.address()}});
  auto waiting = runner.start(resolver->addresses("blackmesa.us", Steady::now() + patience));
  server.wait_for("blackmesa.us");
  resolver.reset();
  EXPECT_EQ(waiting.get().status, DnsStatus::failed);
}

TEST(DnsSettings, ReadServersWithAndWithoutPort) {
  for (const char* good : {"192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:5353", "[2001:db8::1]"})
    EXPECT_NO_THROW(Resolver({.servers = {good}})) << good;
  for (const char* bad : {"", "dns.example", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x",
                          "[2001:db8::1", "[2001:db8::1]x"})
    EXPECT_THROW(Resolver({.servers = {bad}}), std::runtime_error) << bad;
}

}  // namespace
}  // namespace pd::federation
