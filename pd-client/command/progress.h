#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace pd::command {

// How far something has come, at what rate, and when it will be done. Pure.
class Progress {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // Of `total` bytes, `done` are there already.
  Progress(std::uint64_t total, std::uint64_t done, Instant now);

  void add(std::uint64_t bytes) { done_ += bytes; }
  // Takes note of the time; call it a few times a second.
  void tick(Instant now);

  std::uint64_t done() const { return done_; }
  std::uint64_t total() const { return total_; }
  std::uint64_t rate() const { return rate_; }  // bytes a second, over the last seconds
  std::optional<std::chrono::seconds> left() const;
  // "45 %  1.2 GB of 2.6 GB  310.0 MB/s  4 s left"
  std::string text() const;
  // The same after a bar, "[#########           ]  45 % …", no wider than `columns`.
  std::string line(std::size_t columns) const;

 private:
  double part() const;

  std::uint64_t total_;
  std::uint64_t done_;
  std::uint64_t counted_;  // of done_, in rate_
  Instant ticked_;
  std::uint64_t rate_ = 0;
};

}  // namespace pd::command
