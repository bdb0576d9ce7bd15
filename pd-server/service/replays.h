#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

#include "limit/gcra.h"

namespace pd::service {

// Which signals were taken, for as long as they could be taken again (SGN-15). One thread at a time.
class Replays {
 public:
  explicit Replays(std::size_t most) : most_(most) {}

  // Forgets what can no longer come back.
  void expire(limit::Nanos now);

  bool contains(std::string_view key) const { return seen_.contains(short_of(key)); }
  bool has_room(std::size_t more) const { return seen_.size() + more <= most_; }
  // Until room for another is made, at the latest.
  limit::Nanos wait(limit::Nanos now) const;

  void remember(std::string_view key, limit::Nanos now);

 private:
  struct Entry {
    std::string key;
    limit::Nanos until;
  };

  static std::string short_of(std::string_view key);

  const std::size_t most_;
  std::unordered_set<std::string> seen_;
  std::deque<Entry> order_;
};

}  // namespace pd::service
