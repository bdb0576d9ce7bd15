#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "limit/gcra.h"

namespace pd::service {

// Which signals were taken, for as long as they could be taken again, or until there is no room for them (SGN-15). One
// thread at a time.
class Replays {
 public:
  // At least one.
  explicit Replays(std::size_t most) : most_(most) {}

  // Forgets what can no longer come back.
  void expire(limit::Nanos now);

  bool contains(std::string_view key) const { return seen_.contains(short_of(key)); }

  // Makes room by forgetting the oldest of the domain, with its family, that has most, so that a flood costs nobody
  // else anything.
  void remember(std::string_view key, std::string_view domain, limit::Nanos now);

 private:
  using Seen = std::unordered_map<std::string, limit::Nanos>;  // until when
  using Shares =
      std::map<std::string, std::list<const Seen::value_type*>, std::less<>>;  // of families, the oldest first
  using Share = Shares::value_type;

  static std::string short_of(std::string_view key);
  void forget_oldest_of(std::string_view family);
  void enter(const Share& share);
  void leave(const Share& share);

  const std::size_t most_;
  Seen seen_;
  Shares shares_;  // none is empty, and each is in the two below
  std::set<std::pair<std::size_t, std::string_view>> by_size_;
  std::set<std::pair<limit::Nanos, std::string_view>> by_end_;  // of the oldest of each
};

}  // namespace pd::service
