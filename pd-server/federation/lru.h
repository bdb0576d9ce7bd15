#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace pd::federation {

// A table that remembers in which order its entries were used. One thread at a time; references hold until the entry
// goes.
template <class Value>
class Lru {
 public:
  using Entry = std::pair<const std::string, Value>;
  using Entries = std::list<Entry>;

  Lru() = default;
  Lru(const Lru&) = delete;
  Lru& operator=(const Lru&) = delete;

  // The value, which becomes the latest used; null when there is none.
  Value* find(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  // Replaces what was there; becomes the latest used.
  Value& put(std::string key, Value value) {
    erase(key);
    entries_.emplace_front(std::move(key), std::move(value));
    index_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }

  bool erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return false;
    const auto place = found->second;
    index_.erase(found);
    entries_.erase(place);
    return true;
  }

  // The entry that was used longest ago; there must be one.
  const Entry& oldest() const { return entries_.back(); }
  void erase_oldest() {
    index_.erase(entries_.back().first);
    entries_.pop_back();
  }

  void clear() {
    index_.clear();
    entries_.clear();
  }

  std::size_t size() const { return entries_.size(); }
  const Entries& entries() const { return entries_; }  // the latest used first

 private:
  Entries entries_;
  std::unordered_map<std::string_view, typename Entries::iterator> index_;  // keys point into entries_
};

}  // namespace pd::federation
