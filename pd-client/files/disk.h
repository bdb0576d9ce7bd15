#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace pd::files {

// The thread that waits for disks and computes tags, so that the thread of the io_context never does. Does one job
// after the other, in their order; whoever gives it jobs bounds how many wait.
class Disk {
 public:
  explicit Disk(boost::asio::any_io_executor io) : io_(std::move(io)), thread_(1) {}
  // Does first what was given to it. Where that may take for ever: leave the process while !idle().
  ~Disk() { thread_.join(); }
  bool idle() const { return undone_ == 0; }

  // Runs `job` on the disk's thread. It returns what to do with its result, which is done on the io_context's thread.
  // It throws nothing.
  void run(std::function<std::function<void()>()> job) {
    ++undone_;
    boost::asio::post(thread_, [this, job = std::move(job)]() mutable {
      auto then = job();
      --undone_;
      // Handed over, not shared: what both refer to is let go of on the other thread.
      boost::asio::post(io_, [then = std::move(then), job = std::move(job)] { then(); });
    });
  }

 private:
  boost::asio::any_io_executor io_;
  std::atomic<std::size_t> undone_ = 0;
  boost::asio::thread_pool thread_;
};

}  // namespace pd::files
