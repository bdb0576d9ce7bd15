#include "service/answer.h"

#include "identity/encoding.h"

namespace pd::service {

std::string Answer::tag_of(std::string_view body) {
  const auto hash = identity::sha256(identity::bytes_of(body));
  return '"' + identity::base64url(identity::ByteView(hash).first(15)) + '"';
}

AnswerCache::AnswerCache(std::size_t capacity) : per_shard_((capacity + shard_count - 1) / shard_count) {}

AnswerCache::Ticket AnswerCache::ticket(std::string_view name) const {
  const Shard& part = shard(name);
  const std::lock_guard lock(part.mutex);
  return part.generation;
}

AnswerPtr AnswerCache::find(std::string_view name, identity::Time now) {
  Shard& part = shard(name);
  const std::lock_guard lock(part.mutex);
  const auto found = part.by_name.find(name);
  if (found == part.by_name.end()) return nullptr;
  const auto entry = found->second;
  if (entry->answer->renew <= now) return nullptr;
  part.by_use.splice(part.by_use.begin(), part.by_use, entry);
  return entry->answer;
}

void AnswerCache::put(Ticket ticket, std::string_view name, AnswerPtr answer) {
  Shard& part = shard(name);
  const std::lock_guard lock(part.mutex);
  if (part.generation != ticket) return;
  if (const auto found = part.by_name.find(name); found != part.by_name.end()) {
    found->second->answer = std::move(answer);
    return;
  }
  if (part.by_use.size() >= per_shard_ && !part.by_use.empty()) {
    part.by_name.erase(part.by_use.back().name);
    part.by_use.pop_back();
  }
  part.by_use.push_front({std::string(name), std::move(answer)});
  part.by_name.emplace(part.by_use.front().name, part.by_use.begin());
}

void AnswerCache::drop(std::string_view name) {
  Shard& part = shard(name);
  const std::lock_guard lock(part.mutex);
  ++part.generation;
  if (const auto found = part.by_name.find(name); found != part.by_name.end()) {
    const auto entry = found->second;
    part.by_name.erase(found);
    part.by_use.erase(entry);
  }
}

void AnswerCache::clear() {
  for (Shard& part : shards_) {
    const std::lock_guard lock(part.mutex);
    ++part.generation;
    part.by_name.clear();
    part.by_use.clear();
  }
}

}  // namespace pd::service
