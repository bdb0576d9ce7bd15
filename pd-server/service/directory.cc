#include "service/directory.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace pd::service {
namespace {

bool ends(const identity::Operation& operation) {
  const auto kind = operation.body().kind;
  return kind == identity::OperationKind::revoke || kind == identity::OperationKind::move;
}

// The state in force by our own store, where everything was verified on its way in.
Person person_of(const store::Record& record) {
  for (auto text = record.operations.rbegin(); text != record.operations.rend(); ++text) {
    const auto operation = identity::Operation::parse(*text);
    if (operation && operation->hash() == record.head.operation) return {operation->body().state, ends(*operation)};
  }
  throw store::Failure("a record without its head");
}

}  // namespace

std::optional<identity::PublicKey> Person::key(std::string_view key_id) const {
  if (ended) return std::nullopt;
  if (state.identity_key.id() == key_id) return state.identity_key;
  for (const auto& device : state.devices) {
    if (device.key.id() == key_id) return device.key;
  }
  return std::nullopt;
}

Directory::Directory(Home& home, store::Store& store, federation::Remote& remote, ops::Metrics& metrics, Bounds bounds)
    : home_(home),
      store_(store),
      remote_(remote),
      names_(bounds.names),
      absences_(bounds.absences),
      outside_changes_(store.outside_changes()),
      hits_(metrics.counter("pd_own_answers_ready", "Answers about own names that were ready as bytes.")),
      misses_(metrics.counter("pd_own_answers_made", "Answers about own names that were read and signed.")) {}

awaitable<AnswerPtr> Directory::resolve(Address address) {
  if (address.domain() == home_.domain()) co_return co_await resolve_own(std::move(address));
  const auto remote = co_await remote_.resolve(std::move(address));
  co_return foreign(*remote);
}

awaitable<AnswerPtr> Directory::kept(Address address) {
  if (address.domain() == home_.domain()) co_return co_await resolve_own(std::move(address));
  const auto remote = co_await remote_.kept(std::move(address));
  co_return foreign(*remote);
}

AnswerPtr Directory::ready(const Address& address) {
  follow_outside_changes();
  const auto now = home_.now();
  auto answer = names_.find(address.local(), now);
  if (!answer) answer = absences_.find(address.local(), now);
  if (answer) hits_.add();
  return answer;
}

awaitable<AnswerPtr> Directory::resolve_own(Address address) {
  if (auto answer = ready(address)) co_return answer;
  misses_.add();
  const auto name_ticket = names_.ticket(address.local());
  const auto absence_ticket = absences_.ticket(address.local());
  const store::Lookup found = co_await store_.find(address);
  auto answer = home_.answer(address, found);
  if (answer->present) {
    names_.put(name_ticket, address.local(), answer);
  } else {
    absences_.put(absence_ticket, address.local(), answer);
  }
  co_return answer;
}

AnswerPtr Directory::foreign(const federation::RemoteResolution& remote) const {
  const bool present = std::holds_alternative<identity::VerifiedIdentity>(remote.verified);
  const auto max_age = std::max(identity::Seconds(0), remote.fresh_until - home_.now());
  return std::make_shared<const Answer>(
      Answer{present, remote.json, Answer::tag_of(*remote.json), max_age, remote.fresh_until});
}

awaitable<std::optional<Person>> Directory::person(Address address) {
  if (address.domain() == home_.domain()) {
    const store::Lookup found = co_await store_.find(std::move(address));
    if (!found.record) co_return std::nullopt;
    co_return person_of(*found.record);
  }
  const auto remote = co_await remote_.resolve(std::move(address));
  const auto* identity = std::get_if<identity::VerifiedIdentity>(&remote->verified);
  if (!identity) co_return std::nullopt;
  co_return Person{identity->state(), identity->history().ended()};
}

void Directory::changed(const Address& address) {
  names_.drop(address.local());
  absences_.drop(address.local());
}

void Directory::changed_all() {
  names_.clear();
  absences_.clear();
}

void Directory::follow_outside_changes() {
  const std::uint64_t current = store_.outside_changes();
  if (outside_changes_.exchange(current, std::memory_order_acq_rel) != current) changed_all();
}

}  // namespace pd::service
