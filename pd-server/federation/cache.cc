#include "federation/cache.h"

#include <algorithm>

#include "federation/family.h"

namespace pd::federation {
namespace {

constexpr std::size_t shares_in_all = 16;  // FED-18

std::string_view domain_of(std::string_view address) {
  return address.substr(address.rfind('@') + 1);
}

// What an answer takes in memory, roughly: its JSON, the same parsed into objects, and a stale copy that may come.
std::size_t weight(const std::string& address, const Cached& value) {
  constexpr std::size_t overhead = 600;
  constexpr std::size_t parsed = 6;
  return overhead + address.size() + value.etag.size() + parsed * value.answer->json->size();
}

}  // namespace

Cache::Cache(std::size_t entries, std::size_t bytes)
    : max_entries_(entries),
      max_bytes_(bytes),
      share_entries_(std::max<std::size_t>(entries / shares_in_all, 1)),
      share_bytes_(bytes / shares_in_all) {}

std::shared_ptr<const Cached> Cache::find(std::string_view address) {
  const std::lock_guard lock(mutex_);
  const auto* found = table_.find(address);
  if (found == nullptr) return nullptr;
  const auto domain = domain_of(address);
  shares_.find(domain)->second.addresses.find(address);
  families_.find(family_of(domain))->second.addresses.find(address);
  return found->value;
}

void Cache::put(const std::string& address, Cached value) {
  const auto bytes = weight(address, value);
  auto shared = std::make_shared<const Cached>(std::move(value));
  const std::lock_guard lock(mutex_);
  erase(address);
  if (bytes > share_bytes_ || max_entries_ == 0) return;
  const auto domain = domain_of(address);
  for (auto own = shares_.find(domain); own != shares_.end(); own = shares_.find(domain)) {
    const auto& share = own->second;
    if (share.addresses.size() < share_entries_ && share.bytes + bytes <= share_bytes_) break;
    erase(share.addresses.oldest().first);
  }
  while (table_.size() >= max_entries_ || bytes_ + bytes > max_bytes_)
    erase(next_to_go());
  table_.put(address, {std::move(shared), bytes});
  bytes_ += bytes;
  auto& share = shares_[std::string(domain)];
  share.addresses.put(address, {});
  share.bytes += bytes;
  const auto name = family_of(domain);
  auto& family = families_[std::string(name)];
  family.addresses.put(address, {});
  resize(family, name, family.room + room_of(bytes));
}

// An entry takes its part of the entries, or its part of the bytes, whichever is more.
std::size_t Cache::room_of(std::size_t bytes) const {
  return std::max(bytes, max_bytes_ / max_entries_);
}

const std::string& Cache::next_to_go() const {
  const auto& [room, name] = *by_room_.rbegin();
  const auto& addresses = families_.find(name)->second.addresses;
  return room > share_bytes_ && addresses.size() > 1 ? addresses.oldest().first : table_.oldest().first;
}

void Cache::resize(Family& family, std::string_view name, std::size_t room) {
  by_room_.erase({family.room, std::string(name)});
  family.room = room;
  if (room > 0) by_room_.emplace(room, name);
}

void Cache::erase(std::string address) {
  const auto* old = table_.find(address);
  if (old == nullptr) return;
  const auto own = shares_.find(domain_of(address));
  const auto family = families_.find(family_of(domain_of(address)));
  family->second.addresses.erase(address);
  resize(family->second, family->first, family->second.room - room_of(old->bytes));
  if (family->second.addresses.size() == 0) families_.erase(family);
  bytes_ -= old->bytes;
  own->second.bytes -= old->bytes;
  own->second.addresses.erase(address);
  if (own->second.addresses.size() == 0) shares_.erase(own);
  table_.erase(address);
}

void Cache::drop_domain(std::string_view domain) {
  const std::lock_guard lock(mutex_);
  for (auto own = shares_.find(domain); own != shares_.end(); own = shares_.find(domain))
    erase(own->second.addresses.oldest().first);
}

void Cache::clear() {
  const std::lock_guard lock(mutex_);
  table_.clear();
  shares_.clear();
  families_.clear();
  by_room_.clear();
  bytes_ = 0;
}

std::size_t Cache::entries() const {
  const std::lock_guard lock(mutex_);
  return table_.size();
}

std::size_t Cache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace pd::federation
