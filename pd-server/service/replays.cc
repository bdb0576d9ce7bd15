#include "service/replays.h"

#include "federation/family.h"
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

void Replays::enter(const Share& share) {
  by_size_.emplace(share.second.size(), share.first);
  by_end_.emplace(share.second.front()->second, share.first);
}

void Replays::leave(const Share& share) {
  by_size_.erase({share.second.size(), share.first});
  by_end_.erase({share.second.front()->second, share.first});
}

void Replays::forget_oldest_of(std::string_view family) {
  const auto share = shares_.find(family);
  leave(*share);
  seen_.erase(seen_.find(share->second.front()->first));
  share->second.pop_front();
  if (share->second.empty())
    shares_.erase(share);
  else
    enter(*share);
}

void Replays::expire(limit::Nanos now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now)
    forget_oldest_of(by_end_.begin()->second);
}

void Replays::remember(std::string_view key, std::string_view domain, limit::Nanos now) {
  if (contains(key)) return;
  if (seen_.size() == most_) forget_oldest_of(by_size_.rbegin()->second);
  const auto [share, is_first] = shares_.try_emplace(std::string(federation::family_of(domain)));
  if (!is_first) leave(*share);
  share->second.push_back(&*seen_.emplace(short_of(key), now + longest).first);
  enter(*share);
}

}  // namespace pd::service
