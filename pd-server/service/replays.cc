#include "service/replays.h"

#include <algorithm>

#include "identity/encoding.h"
#include "identity/signal.h"

namespace pd::service {
namespace {

// Taken when the clock shows iat - 300 s, a signal could come back until exp + 300 s (SGN-12).
constexpr limit::Nanos longest = 2 * identity::clock_skew + identity::max_signal_life;

// So many bytes of a hash as a std::string holds without memory of its own.
constexpr std::size_t short_bytes = 15;

}  // namespace

std::string Replays::short_of(std::string_view key) {
  const identity::Hash hash = identity::sha256(identity::bytes_of(key));
  return {hash.begin(), hash.begin() + short_bytes};
}

void Replays::expire(limit::Nanos now) {
  while (!order_.empty() && order_.front().until <= now) {
    seen_.erase(order_.front().key);
    order_.pop_front();
  }
}

limit::Nanos Replays::wait(limit::Nanos now) const {
  return order_.empty() ? limit::Nanos::zero() : std::max(limit::Nanos::zero(), order_.front().until - now);
}

void Replays::remember(std::string_view key, limit::Nanos now) {
  std::string name = short_of(key);
  if (seen_.insert(name).second) order_.push_back({std::move(name), now + longest});
}

}  // namespace pd::service
