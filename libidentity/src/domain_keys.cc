#include <algorithm>
#include <string>
#include <utility>

#include "identity/descriptor.h"
#include "members.h"

namespace pd::identity {
namespace {

// One record: the `n`-th key of `domain`, introduced at `time`.
struct KeyRecord {
  Domain domain;
  std::uint64_t n;
  std::optional<Hash> previous;
  Time time;
  PublicKey key;
};

Json payload_of(const KeyRecord& record) {
  Json payload = {
      {"iss", record.domain.text()},
      {"n", record.n},
      {"time", record.time.time_since_epoch().count()},
      {"key", record.key.jwk()},
  };
  if (record.previous) payload["prev"] = base64url(*record.previous);
  return payload;
}

Result<std::optional<Hash>> read_previous(const Json& payload) {
  if (!payload.contains("prev")) return std::nullopt;
  const auto previous = hash_member(payload, "prev", "DKEY-4");
  if (!previous) return tl::unexpected(previous.error());
  return *previous;
}

Result<KeyRecord> read_record(const Json& payload) {
  auto domain = domain_member(payload, "iss", "DKEY-2");
  if (!domain) return tl::unexpected(domain.error());
  const auto n = integer_member(payload, "n", "DKEY-3");
  if (!n) return tl::unexpected(n.error());
  const auto previous = read_previous(payload);
  if (!previous) return tl::unexpected(previous.error());
  const auto time = time_member(payload, "time", "DKEY-5");
  if (!time) return tl::unexpected(time.error());
  const auto key = key_member(payload, "key", "DKEY-6");
  if (!key) return tl::unexpected(key.error());
  return KeyRecord{std::move(*domain), *n, *previous, *time, *key};
}

std::optional<Hash> hash_of_last(const std::vector<std::string>& records) {
  if (records.empty()) return std::nullopt;
  return sha256(bytes_of(records.back()));
}

}  // namespace

DomainKeys DomainKeys::create(const Domain& domain, const PrivateKey& key, Time now) {
  DomainKeys keys(domain);
  const KeyRecord record{domain, 0, std::nullopt, now, key.public_key()};
  keys.records_.push_back(Jws::sign(key, domain_key_typ, payload_of(record)).text());
  keys.keys_.push_back(key.public_key());
  keys.since_ = now;
  return keys;
}

Result<DomainKeys> DomainKeys::replay(const Domain& domain, std::span<const std::string> records) {
  if (records.empty()) return fail(Reason::malformed, "DKEY-1", "a domain has at least one key record");
  if (records.size() > max_domain_keys) return fail(Reason::too_large, "DKEY-1", "more than 64 key records");
  DomainKeys keys(domain);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto appended = keys.append(records[i]);
    if (!appended) return tl::unexpected(enclose(appended.error(), "domain key record " + std::to_string(i)));
  }
  return keys;
}

Result<void> DomainKeys::append(std::string_view text) {
  const auto jws = Jws::parse(text, domain_key_typ, max_domain_key_bytes);
  if (!jws) return tl::unexpected(jws.error());
  const auto record = read_record(jws->payload());
  if (!record) return tl::unexpected(record.error());
  if (record->domain != domain_) {
    return fail(Reason::wrong_subject, "DKEY-2", "the record is of " + record->domain.text());
  }
  if (record->n != records_.size()) return fail(Reason::out_of_order, "DKEY-3", "n is not the record's place");
  if (record->previous != hash_of_last(records_)) {
    return fail(Reason::out_of_order, "DKEY-4", "prev is not the hash of the record before");
  }
  if (!records_.empty() && record->time < since_) {
    return fail(Reason::out_of_order, "DKEY-5", "the record is older than the one before it");
  }
  if (std::ranges::find(keys_, record->key) != keys_.end()) {
    return fail(Reason::not_allowed, "DKEY-6", "the domain had this key before");
  }
  const PublicKey& signer = keys_.empty() ? record->key : keys_.back();
  if (jws->key_id() != signer.id()) return fail(Reason::wrong_key, "DKEY-7", "the key before did not sign the record");
  if (const auto verified = jws->verify(signer); !verified) return verified;
  keys_.push_back(record->key);
  records_.emplace_back(text);
  since_ = record->time;
  return {};
}

Result<void> DomainKeys::rotate(const PrivateKey& current, const PublicKey& next, Time now) {
  if (current.public_key() != this->current()) {
    return fail(Reason::wrong_key, "DKEY-7", "that is not the domain key in force");
  }
  if (records_.size() == max_domain_keys) return fail(Reason::not_allowed, "DKEY-1", "the domain has had 64 keys");
  const KeyRecord record{domain_, records_.size(), hash_of_last(records_), std::max(now, since_), next};
  return append(Jws::sign(current, domain_key_typ, payload_of(record)).text());
}

bool DomainKeys::extends(const DomainKeys& pinned) const {
  const auto& before = pinned.records_;
  return domain_ == pinned.domain_ && before.size() <= records_.size() &&
         std::equal(before.begin(), before.end(), records_.begin());
}

}  // namespace pd::identity
