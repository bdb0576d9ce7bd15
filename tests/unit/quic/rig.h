#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "client/town.h"
#include "net/udp_socket.h"
#include "quic/quic.h"

namespace pd::quic::test {

namespace asio = boost::asio;
using pd::test::Town;
using Socket = std::unique_ptr<net::UdpSocket>;
using Made = connect::Outcome<std::unique_ptr<connect::Link>>;

inline const std::string olivier = "olivier@example.org";
inline const std::string gordon = "gordon@blackmesa.us";
inline const std::string eve = "eve@example.net";

inline constexpr std::chrono::seconds patience{60};

// Short enough for a test to wait for.
inline Limits brief() {
  Limits limits;
  limits.handshake = std::chrono::milliseconds(400);
  return limits;
}

// Olivier connects to Gordon on loopback; what happens is run on the test's own thread.
class Rig {
 public:
  Rig() {
    for (const auto& who : {olivier, gordon, eve})
      town.settle(who);
  }

  Socket socket(const char* address = "127.0.0.1") {
    return std::make_unique<net::UdpSocket>(io.get_executor(),
                                            asio::ip::udp::endpoint(asio::ip::make_address(address), 0));
  }

  // Runs until `done`, or fails.
  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it took too long";
      io.restart();
      io.run_one_for(std::chrono::milliseconds(50));
    }
  }

  // Runs `work` to its end and returns what it returns.
  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr thrown;
    asio::co_spawn(io, std::move(work), [&](const std::exception_ptr& error, T value) {
      thrown = error;
      result.emplace(std::move(value));
    });
    until([&] { return result.has_value(); });
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*result);
  }

  void start(asio::awaitable<Made> making, std::optional<Made>& into) {
    asio::co_spawn(io, std::move(making),
                   [&into](const std::exception_ptr&, Made made) { into.emplace(std::move(made)); });
  }

  // Both ends of one link, each over a path of its own.
  void link(Path olivier_path, Path gordon_path, const Limits& limits = {}) {
    std::optional<Made> a, b;
    start(accept(Town::credentials(gordon), town.find(olivier), std::move(gordon_path), limits), b);
    start(connect(Town::credentials(olivier), town.find(gordon), std::move(olivier_path), limits), a);
    until([&] { return a && b; });
    ASSERT_TRUE(*a) << a->error().message;
    ASSERT_TRUE(*b) << b->error().message;
    dialled = std::move(**a);
    answered = std::move(**b);
  }

  void link(const Limits& limits = {}, const char* address = "127.0.0.1") {
    auto a = socket(address), b = socket(address);
    const auto to_a = a->local(), to_b = b->local();
    link({std::move(a), to_b}, {std::move(b), to_a}, limits);
  }

  asio::io_context io{1};
  Town town;
  std::unique_ptr<connect::Link> dialled;
  std::unique_ptr<connect::Link> answered;
};

}  // namespace pd::quic::test
