#include "federation/cache.h"

#include <vector>

namespace pd::federation {
namespace {

// What an answer takes in memory, roughly: its JSON, the same parsed into objects, and a stale copy that may come.
std::size_t weight(const std::string& address, const Cached& value) {
  constexpr std::size_t overhead = 600;
  constexpr std::size_t parsed = 6;
  return overhead + address.size() + value.etag.size() + parsed * value.answer->json->size();
}

}  // namespace

std::shared_ptr<const Cached> Cache::find(std::string_view address) {
  const std::lock_guard lock(mutex_);
  const auto* found = table_.find(address);
  return found != nullptr ? found->value : nullptr;
}

void Cache::put(const std::string& address, Cached value) {
  const auto bytes = weight(address, value);
  auto shared = std::make_shared<const Cached>(std::move(value));
  const std::lock_guard lock(mutex_);
  if (const auto* old = table_.find(address)) {
    bytes_ -= old->bytes;
    table_.erase(address);
  }
  if (bytes > max_bytes_ || max_entries_ == 0) return;
  while (table_.size() >= max_entries_ || bytes_ + bytes > max_bytes_) {
    bytes_ -= table_.oldest().second.bytes;
    table_.erase_oldest();
  }
  table_.put(address, {std::move(shared), bytes});
  bytes_ += bytes;
}

void Cache::drop_domain(std::string_view domain) {
  const auto ending = "@" + std::string(domain);
  const std::lock_guard lock(mutex_);
  std::vector<std::string> gone;
  for (const auto& [address, weighed] : table_.entries()) {
    if (!address.ends_with(ending)) continue;
    bytes_ -= weighed.bytes;
    gone.push_back(address);
  }
  for (const auto& address : gone)
    table_.erase(address);
}

void Cache::clear() {
  const std::lock_guard lock(mutex_);
  table_.clear();
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
