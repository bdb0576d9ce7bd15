#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

namespace pd::quic {

// Bytes of a stream between two offsets. They stay where they are in memory until they are dropped. Empty, it holds
// none.
class ByteQueue {
 public:
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }

  void append(std::span<const std::uint8_t> bytes);
  // Bytes from `offset` on, begin() ≤ offset ≤ end(): as many as lie together; none only at end().
  std::span<std::uint8_t> from(std::uint64_t offset);
  // Drops what is before `offset`, which is at most end().
  void drop(std::uint64_t offset);

 private:
  static constexpr std::size_t block_size = 16'384;
  using Block = std::array<std::uint8_t, block_size>;
  std::uint64_t base() const { return begin_ - begin_ % block_size; }  // where the first block begins

  std::deque<std::unique_ptr<Block>> blocks_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace pd::quic
