#include "quic/byte_queue.h"

#include <algorithm>

namespace pd::quic {

void ByteQueue::append(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto block = static_cast<std::size_t>((end_ - base()) / block_size);
    const auto place = static_cast<std::size_t>(end_ % block_size);
    if (block == blocks_.size()) {
      blocks_.push_back(std::unique_ptr<Block>(new Block));  // what it holds is written below
    }
    const std::size_t part = std::min(bytes.size(), block_size - place);
    std::copy_n(bytes.data(), part, blocks_[block]->data() + place);
    bytes = bytes.subspan(part);
    end_ += part;
  }
}

std::span<std::uint8_t> ByteQueue::from(std::uint64_t offset) {
  if (offset == end_) {
    return {};
  }
  const auto block = static_cast<std::size_t>((offset - base()) / block_size);
  const auto place = static_cast<std::size_t>(offset % block_size);
  const auto size = std::min<std::uint64_t>(block_size - place, end_ - offset);
  return {blocks_[block]->data() + place, static_cast<std::size_t>(size)};
}

void ByteQueue::drop(std::uint64_t offset) {
  const auto old_base = base();
  begin_ = std::max(begin_, offset);
  if (begin_ == end_) {
    blocks_.clear();
    return;
  }
  for (auto passed = (base() - old_base) / block_size; passed > 0; --passed)
    blocks_.pop_front();
}

}  // namespace pd::quic
