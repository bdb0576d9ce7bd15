// Every sort of NAT against every other, in a simulated network: who must find a path, which, and how soon.
#include <array>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "support/call.h"

namespace pd::punch {
namespace {

using namespace std::chrono_literals;
using sim::BoxKind;
using sim::Filtering;
using sim::Mapping;

constexpr std::array kinds = {"open",       "firewall",  "full cone", "address-restricted", "port-restricted",
                              "double NAT", "symmetric", "blocked"};

BoxKind box_kind(std::string_view name) {
  if (name == "firewall") return {Mapping::none, Filtering::address_and_port_dependent};
  if (name == "full cone") return {Mapping::endpoint_independent, Filtering::endpoint_independent};
  if (name == "address-restricted") return {Mapping::endpoint_independent, Filtering::address_dependent};
  if (name == "symmetric") return {Mapping::symmetric, Filtering::address_and_port_dependent};
  BoxKind kind;
  kind.drops_udp = name == "blocked";
  return kind;
}

// A place behind a NAT of that kind, whose addresses begin with `net`.
struct Place {
  std::unique_ptr<sim::Host> host;

  Place(sim::Network& network, std::string_view kind, const std::string& net) {
    if (kind == "open") {
      host = std::make_unique<sim::Host>(network, network.internet(), net + ".113.7");
    } else if (kind == "firewall") {
      // Nothing is translated: the host has the address that the Internet sees.
      sim::Realm& realm = network.behind(box_kind(kind), net + ".113.7", network.internet());
      host = std::make_unique<sim::Host>(network, realm, net + ".113.7");
    } else {
      sim::Realm* outside = &network.internet();
      if (kind == "double NAT") outside = &network.behind(box_kind("port-restricted"), net + ".113.7", *outside);
      const std::string outer = kind == "double NAT" ? "100.64.0.9" : net + ".113.7";
      host = std::make_unique<sim::Host>(network, network.behind(box_kind(kind), outer, *outside), "192.168.1.20");
    }
  }
};

enum class Expected { direct, sprayed, nothing };

Expected expected(std::string_view a, std::string_view b) {
  const auto lets_strangers_ports_in = [](std::string_view kind) {
    return kind == "open" || kind == "full cone" || kind == "address-restricted";
  };
  if (a == "blocked" || b == "blocked") return Expected::nothing;
  if (a == "symmetric" && b == "symmetric") return Expected::nothing;
  if (a == "symmetric" && !lets_strangers_ports_in(b)) return Expected::sprayed;
  if (b == "symmetric" && !lets_strangers_ports_in(a)) return Expected::sprayed;
  return Expected::direct;
}

struct Result {
  bool works = false;
  Path path{};
  std::chrono::duration<double, std::milli> time{};  // from the callee's start until both have the path
  Obstacle obstacle{};
};

Result run(std::string_view a, std::string_view b, sim::Weather weather, std::uint32_t seed) {
  sim::Network network(weather, seed);
  Place at_caller(network, a, "203.0");
  Place at_callee(network, b, "198.51");
  sim::Peer caller(*at_caller.host, Role::caller, {.seed = seed});
  sim::Peer callee(*at_callee.host, Role::callee, {.seed = seed + 1'000});
  sim::call(network, caller, callee, 2 * weather.delay + 1ms);
  if (!caller.found) return {false, {}, {}, caller.failed ? caller.failed->obstacle : Obstacle{}};
  const auto end = std::max(caller.ended, callee.ended);
  return {sim::path_works(network, caller, callee), caller.found->path, end - callee.began, {}};
}

void print_matrix(const char* title, sim::Weather weather) {
  std::printf("\n%s: ms until both have the path (rows call columns)\n%-19s", title, "");
  for (const auto* kind : kinds)
    std::printf("%19s", kind);
  for (const auto* a : kinds) {
    std::printf("\n%-19s", a);
    for (const auto* b : kinds) {
      const Result result = run(a, b, weather, 7);
      result.works ? std::printf("%19.1f", result.time.count()) : std::printf("%19s", "-");
    }
  }
  std::printf("\n");
}

TEST(Matrix, WithoutDelay) {
  print_matrix("no delay", {});
  for (const std::string a : kinds) {
    for (const std::string b : kinds) {
      for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        const Result result = run(a, b, {}, seed);
        const Expected should = expected(a, b);
        ASSERT_EQ(result.works, should != Expected::nothing) << a << " calls " << b;
        if (should == Expected::direct) {
          EXPECT_LT(result.time, 100ms) << a << " calls " << b;
        }
        if (should == Expected::sprayed) {
          EXPECT_LT(result.time, 5s) << a << " calls " << b;
        }
        EXPECT_EQ(result.works && result.path == Path::sprayed, should == Expected::sprayed) << a << " calls " << b;
      }
    }
  }
}

TEST(Matrix, WithDelayAndLoss) {
  print_matrix("40 ms one way, 5 % loss", {40ms, 0.05});
  for (const std::string a : kinds) {
    for (const std::string b : kinds) {
      const Result result = run(a, b, {40ms, 0.05}, 11);
      const Expected should = expected(a, b);
      ASSERT_EQ(result.works, should != Expected::nothing) << a << " calls " << b;
      if (should == Expected::direct) {
        EXPECT_LT(result.time, 500ms) << a << " calls " << b;
      }
    }
  }
}

}  // namespace
}  // namespace pd::punch
