#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "client/town.h"
#include "connect/dial.h"
#include "connect/listener.h"
#include "identity/sample.h"
#include "running.h"

namespace pd::connect::test {

inline const std::string olivier = "olivier@example.org";
inline const std::string gordon = "gordon@blackmesa.us";
inline const std::string eve = "eve@example.net";

// Gordon listens on loopback; what happens is run on the test's own thread.
class Rig {
 public:
  explicit Rig(Limits limits = {}) {
    for (const auto& who : {olivier, gordon, eve})
      town.settle(who);
    listener.emplace(io.get_executor(), *pd::test::Town::credentials(gordon), "127.0.0.1", 0, limits);
    boost::asio::co_spawn(
        io,
        listener->run([this](UnverifiedLink link) { claims.push_back(std::move(link)); },
                      [this](const std::string&, const std::string& why) { refusals.push_back(why); }),
        boost::asio::detached);
  }

  std::uint16_t port() const { return listener->local().port(); }
  identity::TcpEndpoint endpoint() const { return identity::sample::loopback(port()); }

  // Runs until `done`, or fails.
  void until(const std::function<bool()>& done) { run_until(io, done); }

  // Runs while `blocking` runs on a thread of its own.
  void during(const std::function<void()>& blocking) {
    std::atomic<bool> over = false;
    std::thread thread([&] {
      blocking();
      over = true;
    });
    until([&] { return over.load(); });
    thread.join();
  }

  Outcome<std::unique_ptr<Link>> dial(const std::string& caller, const std::string& callee,
                                      std::vector<identity::TcpEndpoint> endpoints, Limits limits = {}) {
    std::optional<Outcome<std::unique_ptr<Link>>> outcome;
    boost::asio::co_spawn(
        io, connect::dial(pd::test::Town::credentials(caller), town.find(callee), std::move(endpoints), limits),
        [&](const std::exception_ptr&, Outcome<std::unique_ptr<Link>> result) { outcome = std::move(result); });
    until([&] { return outcome.has_value(); });
    return std::move(*outcome);
  }

  boost::asio::io_context io{1};
  pd::test::Town town;
  std::optional<Listener> listener;
  std::vector<UnverifiedLink> claims;
  std::vector<std::string> refusals;
};

}  // namespace pd::connect::test
