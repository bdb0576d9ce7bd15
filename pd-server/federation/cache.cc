#include "federation/cache.h"

#include <algorithm>

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
  shares_.find(domain_of(address))->second.addresses.find(address);
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
    erase(table_.oldest().first);
  table_.put(address, {std::move(shared), bytes});
  bytes_ += bytes;
  auto& share = shares_[std::string(domain)];
  share.addresses.put(address, {});
  share.bytes += bytes;
}

void Cache::erase(std::string address) {
  const auto* old = table_.find(address);
  if (old == nullptr) return;
  const auto own = shares_.find(domain_of(address));
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
