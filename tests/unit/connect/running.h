#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

// Coroutines on the test's own thread.
namespace pd::connect::test {

inline constexpr std::chrono::seconds patience{30};

// Runs until `done`, or fails.
inline void run_until(boost::asio::io_context& io, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "it took too long";
    io.restart();
    io.run_one_for(std::chrono::milliseconds(50));
  }
}

// Until nothing goes on by itself.
inline void settle(boost::asio::io_context& io) {
  io.restart();
  while (io.poll() > 0) {
  }
}

// Set when it is over: how it ended.
using Ending = std::shared_ptr<std::optional<boost::system::error_code>>;

inline Ending begin(boost::asio::io_context& io, boost::asio::awaitable<void> what) {
  auto ending = std::make_shared<std::optional<boost::system::error_code>>();
  boost::asio::co_spawn(io, std::move(what), [ending](const std::exception_ptr& failure) {
    try {
      if (failure) std::rethrow_exception(failure);
      ending->emplace();
    } catch (const boost::system::system_error& error) {
      *ending = error.code();
    }
  });
  return ending;
}

inline boost::system::error_code end_of(boost::asio::io_context& io, const Ending& ending) {
  run_until(io, [&] { return ending->has_value(); });
  return ending->value();
}

}  // namespace pd::connect::test
