#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "punch/checklist.h"

namespace pd::punch {

// The requests that were sent, by their transaction numbers (REACH-14): so that only the address that was asked can
// answer, and each answer tells how long it took. One thread.
class Transactions {
 public:
  explicit Transactions(std::uint64_t first) : first_(first) {}

  // The number of a request that goes now; one after the other.
  std::uint64_t begin(std::size_t socket, const TransportAddress& to, Instant now);
  // When the request of that number went from that socket to that address; none when it did not.
  std::optional<Instant> find(std::uint64_t number, std::size_t socket, const TransportAddress& to) const;
  // What begin() will give.
  std::uint64_t next() const { return first_ + sent_.size(); }

 private:
  struct Sent {
    std::size_t socket;
    TransportAddress to;
    Instant at;
  };
  std::uint64_t first_;
  std::vector<Sent> sent_;  // max_packets_to_find + max_packets_after_found at most: who sends counts
};

}  // namespace pd::punch
