#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace pd::limit {

using Nanos = std::chrono::nanoseconds;

// `burst` at once, and `per_second` in the long run.
struct Rate {
  double per_second;
  double burst;
};

// The generic cell rate algorithm (ITU-T I.371, virtual scheduling), one cell: pure. `arrival` is the theoretical
// arrival time kept between calls (zero at first), `now` any steady time. Allowed: returns zero and moves `arrival`.
// Refused: returns how long to wait, and `arrival` stays.
Nanos gcra(Rate rate, Nanos& arrival, Nanos now);

// One limit for many keys. Bounded: at most `keys` at a time; when full, the keys that are nearest to idle are
// forgotten first. Any thread.
class Table {
 public:
  Table(Rate rate, std::size_t keys);
  ~Table();

  // Zero: allowed. Otherwise: refused, try again after this long.
  Nanos take(std::string_view key, Nanos now);

 private:
  struct Shard;
  Rate rate_;
  std::size_t keys_per_shard_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace pd::limit
