#include "limit/table.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace pd::limit {
namespace {

constexpr std::size_t shard_count = 16;

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

using Arrivals = std::unordered_map<std::string, Nanos, Hash, std::equal_to<>>;

// A key whose arrival time has passed is as good as one never seen. If none has, the eighth that is nearest to that
// goes: whoever fills the table gains least by it, and the cost of looking at all keys is shared by many insertions.
void make_room(Arrivals& arrivals, Nanos now) {
  if (std::erase_if(arrivals, [now](const auto& entry) { return entry.second <= now; }) > 0) return;
  std::vector<Nanos> times;
  times.reserve(arrivals.size());
  for (const auto& [key, arrival] : arrivals)
    times.push_back(arrival);
  const auto cut = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 8);
  std::nth_element(times.begin(), cut, times.end());
  std::size_t left = times.size() / 8 + 1;
  std::erase_if(arrivals,
                [&left, limit = *cut](const auto& entry) { return entry.second <= limit && left > 0 && left--; });
}

}  // namespace

struct Table::Shard {
  std::mutex mutex;
  Arrivals arrivals;  // guarded by mutex
};

Table::Table(Rate rate, std::size_t keys)
    : rate_(rate),
      keys_per_shard_(std::max<std::size_t>((keys + shard_count - 1) / shard_count, 1)),
      shards_(std::make_unique<Shard[]>(shard_count)) {}

Table::~Table() = default;

Nanos Table::take(std::string_view key, Nanos now) {
  // The map uses the low bits for its buckets; the shard comes from the high ones.
  Shard& shard = shards_[(Hash{}(key) >> 48) % shard_count];
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.arrivals.find(key); found != shard.arrivals.end())
    return gcra(rate_, found->second, now);
  if (shard.arrivals.size() >= keys_per_shard_) make_room(shard.arrivals, now);
  return gcra(rate_, shard.arrivals.emplace(key, Nanos::zero()).first->second, now);
}

}  // namespace pd::limit
