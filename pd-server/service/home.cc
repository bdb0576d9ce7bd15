#include "service/home.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "identity/resolution.h"
#include "service/refusal.h"

namespace pd::service {
namespace {

constexpr identity::Seconds resign_after{24 * 3600};
// Who just registered wants to be found soon.
constexpr identity::Seconds longest_absence{60};

identity::DomainKeys replay(const Domain& domain, const std::vector<std::string>& records) {
  auto keys = identity::DomainKeys::replay(domain, records);
  if (!keys) throw std::runtime_error("the domain key records do not verify: " + keys.error().message);
  return std::move(*keys);
}

}  // namespace

Home::Home(Settings settings, KeySource key_source, store::Store& store, ops::Clock clock)
    : settings_(std::move(settings)), key_source_(std::move(key_source)), store_(store), clock_(std::move(clock)) {}

awaitable<void> Home::refresh() {
  const identity::Time now = clock_();
  auto records = co_await store_.domain_key_records();
  if (records.empty()) {
    records = identity::DomainKeys::create(settings_.domain, key_source_(nullptr), now).records();
    co_await store_.put_domain_key_records(records);
  }
  const auto keys = replay(settings_.domain, records);
  auto key = key_source_(&keys.current());

  const std::uint64_t seq = co_await store_.next_descriptor_seq();
  auto next = signed_snapshot(keys, std::move(key), seq, now);
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(next);
}

std::shared_ptr<const Home::Snapshot> Home::signed_snapshot(const identity::DomainKeys& keys, identity::PrivateKey key,
                                                            std::uint64_t seq, identity::Time now) const {
  const identity::DescriptorBody body{
      .domain = settings_.domain,
      .seq = seq,
      .issued = now,
      .expires = now + identity::max_descriptor_life,
      .api = settings_.api,
      .registration = settings_.registration,
      .stun = settings_.stun,
  };
  auto descriptor = identity::Descriptor::sign(body, keys, key);
  auto json = descriptor.json();
  auto text = std::make_shared<const std::string>(json.dump());
  auto etag = Answer::tag_of(*text);
  return std::make_shared<const Snapshot>(
      Snapshot{std::move(key), std::move(descriptor), std::move(json), std::move(text), std::move(etag)});
}

awaitable<bool> Home::due() {
  const auto current = snapshot();
  if (!current || clock_() >= current->descriptor.body().issued + resign_after) co_return true;
  const auto records = co_await store_.domain_key_records();
  co_return records != current->descriptor.keys().records();
}

std::shared_ptr<const Home::Snapshot> Home::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

Address Home::address(std::string_view text) {
  return value_or_refuse(Address::parse(text), Refused::malformed);
}

Address Home::own_address(std::string_view text) const {
  Address address = Home::address(text);
  require_own(address);
  return address;
}

void Home::require_own(const Address& address) const {
  if (address.domain() == settings_.domain) return;
  throw Refusal(Refused::wrong_domain, "This server keeps only names of " + settings_.domain.text() + ".");
}

AnswerPtr Home::answer(const Address& address, const store::Lookup& found) const {
  const auto current = snapshot();
  const identity::Time now = clock_();
  identity::StatementBody body{address, std::nullopt, now, now + settings_.statement_life};
  identity::Resolution resolution;
  if (found.record) {
    body.head = found.record->head;
    resolution.operations = found.record->operations;
  }
  body.removed = found.state == store::NameState::tombstoned;  // PIN-3: whoever knew the person wants to hear it
  resolution.statement = identity::Statement::sign(body, current->key).text();
  resolution.domain = current->descriptor_json;

  // An answer is signed again in the middle of its statement's life, so that whoever keeps it for `answer_fresh` never
  // holds one about to end.
  auto json = std::make_shared<const std::string>(resolution.json());
  auto etag = Answer::tag_of(*json);
  const auto half = settings_.statement_life / 2;
  const auto max_age = std::min({half, settings_.answer_fresh, found.record ? half : longest_absence});
  return std::make_shared<const Answer>(
      Answer{found.record.has_value(), std::move(json), std::move(etag), max_age, now + half});
}

}  // namespace pd::service
