#pragma once

#include <functional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace pd::files {

// The thread that waits for disks and computes hashes, so that the thread of the io_context never does. Does one job
// after the other, in their order; whoever gives it jobs bounds how many wait.
class Disk {
 public:
  explicit Disk(boost::asio::any_io_executor io) : io_(std::move(io)), thread_(1) {}
  // Does first what was given to it.
  ~Disk() { thread_.join(); }

  // Runs `job` on the disk's thread. It returns what to do with its result, which is done on the io_context's thread.
  // It throws nothing.
  void run(std::function<std::function<void()>()> job) {
    boost::asio::post(thread_, [this, job = std::move(job)]() mutable {
      auto then = job();
      // Handed over, not shared: what both refer to is let go of on the other thread.
      boost::asio::post(io_, [then = std::move(then), job = std::move(job)] { then(); });
    });
  }

 private:
  boost::asio::any_io_executor io_;
  boost::asio::thread_pool thread_;
};

}  // namespace pd::files
