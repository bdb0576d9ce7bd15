#pragma once

#include <exception>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace pd::server {

// Runs `work` on `context`, which nobody runs yet, to its end; throws what it throws.
inline void wait(boost::asio::io_context& context, boost::asio::awaitable<void> work) {
  std::exception_ptr failure;
  boost::asio::co_spawn(context, std::move(work), [&failure](std::exception_ptr error) { failure = std::move(error); });
  context.run();
  context.restart();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace pd::server
