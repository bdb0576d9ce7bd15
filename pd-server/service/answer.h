#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "identity/time.h"

namespace pd::service {

// An answer to "who is …?", ready to be sent.
struct Answer {
  bool present;                             // false: the signed absence of that name
  std::shared_ptr<const std::string> body;  // identity::Resolution::json()
  std::string etag;                         // with its quotes
  identity::Seconds max_age;                // how long others may keep it without asking again
  identity::Time renew;                     // from then on it is made anew

  // An entity tag of these very bytes (RFC 9110, section 8.8.3).
  static std::string tag_of(std::string_view body);
};

using AnswerPtr = std::shared_ptr<const Answer>;

// How much a cache keeps, about: a long history makes a long answer.
struct CacheBound {
  std::size_t answers;
  std::size_t bytes;
};

// Answers kept by name, within a bound; those unused for longest go first. Any thread.
//
// An answer is made from data read a moment before, which may have changed meanwhile. So whoever makes one takes a
// ticket before reading; drop() and clear() void the tickets that are out, and put() with a void ticket does nothing.
class AnswerCache {
 public:
  explicit AnswerCache(CacheBound bound);

  using Ticket = std::uint64_t;
  Ticket ticket(std::string_view name) const;

  // Empty when there is none, or it is to be renewed.
  AnswerPtr find(std::string_view name, identity::Time now);
  void put(Ticket ticket, std::string_view name, AnswerPtr answer);
  void drop(std::string_view name);
  void clear();

 private:
  struct Entry {
    std::string name;
    AnswerPtr answer;
  };
  struct Shard {
    mutable std::mutex mutex;
    // guarded by mutex:
    std::uint64_t generation = 0;
    std::size_t bytes = 0;
    std::list<Entry> by_use;                                                   // the latest first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_name;  // views into by_use
  };
  static constexpr std::size_t shard_count = 16;

  Shard& shard(std::string_view name) { return shards_[std::hash<std::string_view>{}(name) % shard_count]; }
  const Shard& shard(std::string_view name) const { return shards_[std::hash<std::string_view>{}(name) % shard_count]; }
  static void remove(Shard& part, std::list<Entry>::iterator entry);

  const CacheBound per_shard_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace pd::service
