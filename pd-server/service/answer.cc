#include "service/answer.h"

#include <iterator>
#include <utility>

#include "identity/encoding.h"

namespace pd::service {
namespace {

constexpr std::size_t bytes_beside_the_body = 500;  // names, lists, headers

std::size_t size_of(const Answer& answer) {
  return answer.body->size() + bytes_beside_the_body;
}

}  // namespace

std::string Answer::tag_of(std::string_view body) {
  const auto hash = identity::sha256(identity::bytes_of(body));
  return '"' + identity::base64url(identity::ByteView(hash).first(15)) + '"';
}

AnswerCache::AnswerCache(CacheBound bound)
    : per_shard_{(bound.answers + shard_count - 1) / shard_count, bound.bytes / shard_count} {}

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
  if (const auto found = part.by_name.find(name); found != part.by_name.end()) remove(part, found->second);
  if (size_of(*answer) > per_shard_.bytes) return;
  part.by_use.push_front({std::string(name), std::move(answer)});
  part.by_name.emplace(part.by_use.front().name, part.by_use.begin());
  part.bytes += size_of(*part.by_use.front().answer);
  while (part.by_use.size() > per_shard_.answers || part.bytes > per_shard_.bytes) {
    remove(part, std::prev(part.by_use.end()));
  }
}

void AnswerCache::drop(std::string_view name) {
  Shard& part = shard(name);
  const std::lock_guard lock(part.mutex);
  ++part.generation;
  if (const auto found = part.by_name.find(name); found != part.by_name.end()) remove(part, found->second);
}

void AnswerCache::clear() {
  for (Shard& part : shards_) {
    const std::lock_guard lock(part.mutex);
    ++part.generation;
    part.by_name.clear();
    part.by_use.clear();
    part.bytes = 0;
  }
}

void AnswerCache::remove(Shard& part, std::list<Entry>::iterator entry) {
  part.bytes -= size_of(*entry->answer);
  part.by_name.erase(entry->name);
  part.by_use.erase(entry);
}

}  // namespace pd::service
