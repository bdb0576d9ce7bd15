#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "limit/gcra.h"

namespace pd::limit {

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
