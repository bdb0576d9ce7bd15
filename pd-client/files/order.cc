#include "files/order.h"

namespace pd::files {

using identity::fail;
using identity::Reason;
using identity::Result;

Order::Order(const std::vector<Entry>& entries, std::size_t next, std::uint64_t offset)
    : entries_(entries), next_(next), resumable_(offset) {}

void Order::skip_directories() {
  while (next_ < entries_.size() && entries_[next_].directory) {
    ++next_;
  }
}

Result<void> Order::begin(const Begin& frame) {
  skip_directories();
  if (begun_ || frame.entry != next_ || next_ == entries_.size()) {
    return fail(Reason::malformed, "FILE-8", "a file out of its order");
  }
  if (frame.offset != 0 && frame.offset != resumable_) {
    return fail(Reason::malformed, "FILE-9", "a file that begins where nobody asked for");
  }
  begun_ = true;
  offset_ = frame.offset;
  resumable_ = 0;
  return {};
}

Result<void> Order::data(std::size_t bytes) {
  if (!begun_) {
    return fail(Reason::malformed, "FILE-9", "data before begin");
  }
  if (bytes > left()) {
    return fail(Reason::malformed, "FILE-12", "more data than the limit allows");
  }
  if (bytes > entries_[next_].size - offset_) {
    return fail(Reason::malformed, "FILE-12", "more data than the file has");
  }
  came_ += bytes;
  offset_ += bytes;
  return {};
}

Result<void> Order::end(const End& frame) {
  if (!begun_) {
    return fail(Reason::malformed, "FILE-9", "an end before begin");
  }
  if (frame.error.empty() && offset_ != entries_[next_].size) {
    return fail(Reason::malformed, "FILE-9", "an end before the last byte");
  }
  begun_ = false;
  ++next_;
  return {};
}

std::uint64_t Order::written(std::uint64_t bytes) {
  written_ += bytes;
  if (written_ + ahead_of_disk - limit_ < ahead_of_disk / 4) {
    return 0;
  }
  limit_ = written_ + ahead_of_disk;
  return limit_;
}

}  // namespace pd::files
