#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace pd::connect {

// Tells when what is connected may not be so any more: this machine has other addresses than before, or has slept. The
// kernel says so; nothing is asked again and again. Where it cannot be asked, nothing is ever told. One thread.
class NetworkWatch {
 public:
  // From now on. As long as it lives there is work for the io_context.
  explicit NetworkWatch(const boost::asio::any_io_executor& executor);
  ~NetworkWatch();

  // Returns when it has happened since the last time, once for what comes together. One waits at a time, and this
  // outlives it. May be cancelled (terminal), then throws operation_aborted.
  boost::asio::awaitable<void> changed();

 private:
  class Notices;
  std::shared_ptr<Notices> notices_;
};

}  // namespace pd::connect
