#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "federation/lru.h"
#include "federation/remote.h"
#include "identity/time.h"

namespace pd::federation {

// A verified answer, and what is needed to ask for it again.
struct Cached {
  std::shared_ptr<const RemoteResolution> answer;  // never marked stale
  std::shared_ptr<const RemoteResolution> stale;   // the same marked so; null until it was needed
  std::string etag;                                // empty: ask without a condition
  identity::Time expires;                          // of its statement, or of the descriptor in it if that is earlier
  identity::Time kept{};                           // when the store last got it

  bool fresh(identity::Time now) const { return now < answer->fresh_until && now < expires; }
  bool usable(identity::Time now) const { return now < expires; }
};

// Answers of other domains, in memory: at most so many, and at most so many bytes; the least recently asked for go
// first. One domain has a sixteenth of both, and pushes out its own beyond that; where all is full, so does the
// family of domains that has most, if it has more than a sixteenth (FED-18). The store keeps them for longer. Any
// thread.
class Cache {
 public:
  Cache(std::size_t entries, std::size_t bytes);

  // Counts as being asked for. An expired answer is found too: its history is still a pin. Null when there is none.
  std::shared_ptr<const Cached> find(std::string_view address);
  void put(const std::string& address, Cached value);
  // Forgets all names of a domain, because its key changed hands: its statements do not verify any more.
  void drop_domain(std::string_view domain);
  void clear();

  std::size_t entries() const;
  std::size_t bytes() const;

 private:
  struct Weighed {
    std::shared_ptr<const Cached> value;
    std::size_t bytes;
  };

  struct Share {
    Lru<std::monostate> addresses;
    std::size_t bytes = 0;
  };

  struct Family {
    Lru<std::monostate> addresses;
    std::size_t room = 0;
  };

  void erase(std::string address);  // by value: it may be the one in a table
  std::size_t room_of(std::size_t bytes) const;
  const std::string& next_to_go() const;
  // Changes what the family has, and its place among the others.
  void resize(Family& family, std::string_view name, std::size_t room);

  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  const std::size_t share_entries_;
  const std::size_t share_bytes_;

  mutable std::mutex mutex_;
  // guarded by mutex_:
  Lru<Weighed> table_;
  std::size_t bytes_ = 0;
  std::map<std::string, Share, std::less<>> shares_;       // of the domains that have anything in the table
  std::map<std::string, Family, std::less<>> families_;    // the same by family
  std::set<std::pair<std::size_t, std::string>> by_room_;  // the families, who has most last
};

}  // namespace pd::federation
