#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "files/entry.h"
#include "files/frame.h"
#include "identity/result.h"

namespace pd::files {

inline constexpr std::uint64_t ahead_of_disk = 16 * 1024 * 1024;  // FILE-12

// Whether the frames of a transfer come as they must, seen by the receiver (FILE-8, FILE-9, FILE-12). Pure.
class Order {
 public:
  // `entries` outlive it. Sending goes on at `next`, of which `offset` bytes are here.
  Order(const std::vector<Entry>& entries, std::size_t next, std::uint64_t offset);

  identity::Result<void> begin(const Begin& frame);
  identity::Result<void> data(std::size_t bytes);
  identity::Result<void> end(const End& frame);
  // So many bytes have been written to the disk. Returns the new limit when it is time to say it, otherwise 0.
  std::uint64_t written(std::uint64_t bytes);

  std::uint64_t limit() const { return limit_; }
  // How many bytes of data it still allows.
  std::uint64_t left() const { return limit_ - came_; }

 private:
  void skip_directories();

  const std::vector<Entry>& entries_;
  std::size_t next_;
  std::uint64_t resumable_;  // an offset that begin may name, besides 0
  bool begun_ = false;
  std::uint64_t offset_ = 0;
  std::uint64_t came_ = 0;     // bytes of data in this session
  std::uint64_t written_ = 0;  // of them
  std::uint64_t limit_ = ahead_of_disk;
};

}  // namespace pd::files
