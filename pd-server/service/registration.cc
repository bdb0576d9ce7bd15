#include "service/registration.h"

#include <algorithm>
#include <utility>

#include "identity/history.h"
#include "service/refusal.h"

namespace pd::service {
namespace {

using identity::Operation;
using identity::OperationKind;
using identity::Reason;

// Between our reading and writing, others may write to the same name; more than a few in a row is no accident.
constexpr int most_attempts = 4;

bool is_create(const Operation& operation) {
  return operation.body().kind == OperationKind::create;
}

Operation read(const Submission& submission) {
  auto operation = value_or_refuse(Operation::parse(submission.request.body), Refused::bad_record);
  if (operation.body().state.address != submission.address) {
    throw broken(Reason::wrong_subject, "REG-2", "The operation is about another address than the request.");
  }
  return operation;
}

bool is_newest(const Operation& operation, const store::Lookup& found) {
  return found.record && found.record->operations.back() == operation.text();
}

// The state whose keys, and no others, may sign `operation`: the one before it, or of a create its own.
identity::IdentityState signing_state(const Operation& operation, const store::Lookup& found) {
  if (is_create(operation)) return operation.body().state;
  if (!found.record) throw broken(Reason::out_of_order, "REG-4", "Nobody has this name yet: it begins with a create.");
  for (auto text = found.record->operations.rbegin(); text != found.record->operations.rend(); ++text) {
    if (identity::sha256(identity::bytes_of(*text)) != operation.body().previous) continue;
    return value_or_refuse(Operation::parse(*text), Refused::bad_record).body().state;
  }
  throw broken(Reason::out_of_order, "HIST-3", "The operation before this one is not in the history.");
}

bool is_recovery_key(const identity::IdentityState& state, const identity::PublicKey& key) {
  return std::ranges::find(state.recovery_keys, key.thumbprint()) != state.recovery_keys.end();
}

// The key that claims to have signed `operation`: the request is checked by it before any work is done for the
// operation. Whether that key may do what it does, only the history tells.
identity::PublicKey signing_key(const Operation& operation, const store::Lookup& found) {
  if (is_create(operation) && found.record && !is_newest(operation, found)) {
    throw Refusal(Refused::name_taken, "Somebody has this name.");
  }
  const auto state = signing_state(operation, found);
  if (const auto& embedded = operation.jws().embedded_key()) {
    const char* rule = operation.body().kind == OperationKind::recover ? "HIST-8" : "HIST-7";
    if (!is_recovery_key(state, *embedded)) {
      throw broken(Reason::wrong_key, rule, "The signer is not a recovery key of the operation before.");
    }
    return *embedded;
  }
  if (operation.jws().key_id() != state.identity_key.id()) {
    throw broken(Reason::wrong_key, "REG-3", "The operation is signed by a key that has no say over this name.");
  }
  return state.identity_key;
}

// Whether `key` speaks for the name now. A key that was replaced, perhaps since it was stolen, does not.
bool is_current(const identity::PublicKey& key, const store::Lookup& found) {
  if (!found.record) return false;
  const auto newest = Operation::parse(found.record->operations.back());
  if (!newest) throw store::Failure("a stored operation cannot be read: " + newest.error().message);
  const auto& state = newest->body().state;
  return key == state.identity_key || is_recovery_key(state, key);
}

// The record as it will be with `operation`, which is held against every rule here.
store::Record extended(const Operation& operation, const store::Lookup& found) {
  if (!found.record) {
    value_or_refuse(identity::History::start(operation), Refused::bad_record);
    return {{operation.hash(), operation.body().seq, 1}, {operation.text()}};
  }
  // Each was verified here before it was stored.
  auto history = identity::History::replay_trusted(found.record->operations);
  if (!history) throw store::Failure("a stored history breaks the rules: " + history.error().message);
  value_or_refuse(history->append(operation), Refused::bad_record);
  store::Record record = *found.record;
  record.operations.push_back(operation.text());
  record.head = {history->head().hash(), history->head().body().seq, record.operations.size()};
  return record;
}

store::Append append_of(const Submission& submission, const Operation& operation, const store::Lookup& found,
                        const store::Record& record, identity::Time now) {
  return {
      .address = submission.address,
      .operation = operation.text(),
      .operation_hash = operation.hash(),
      .expected_head = found.record ? std::optional(found.record->head.operation) : std::nullopt,
      .new_head = record.head,
      .accepted = now,
      .invite = is_create(operation) ? submission.invite : std::nullopt,
  };
}

// Throws for every outcome that refuses; true when what was read is out of date.
bool must_retry(store::AppendOutcome outcome) {
  switch (outcome) {
    case store::AppendOutcome::done:
    case store::AppendOutcome::repeated:
      return false;
    case store::AppendOutcome::conflict:
      return true;
    case store::AppendOutcome::name_taken:
      throw Refusal(Refused::name_taken, "Somebody has this name.");
    case store::AppendOutcome::name_reserved:
      throw Refusal(Refused::name_reserved, "This name is reserved.");
    case store::AppendOutcome::name_tombstoned:
      throw Refusal(Refused::name_tombstoned, "This name was removed and is not given out again.");
    case store::AppendOutcome::invite_unknown:
      throw Refusal(Refused::invite_unknown, "This invitation is unknown, spent or expired.");
  }
  throw store::Failure("an unknown outcome");
}

}  // namespace

Registration::Registration(Home& home, Directory& directory, Authentication& authentication, store::Store& store,
                           ReservedNames reserved, limit::Rate rate, std::size_t sources, SteadyClock steady)
    : home_(home),
      directory_(directory),
      authentication_(authentication),
      store_(store),
      reserved_(std::move(reserved)),
      sources_(rate, sources),
      steady_(std::move(steady)) {}

awaitable<Accepted> Registration::submit(Submission submission) {
  if (home_.settings().registration != identity::RegistrationMode::invite) submission.invite.reset();
  const Operation operation = read(submission);
  if (is_create(operation)) count(submission.source);
  const auto signature = Authentication::signature_of(submission.request);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const store::Lookup found = co_await store_.find(submission.address);
    if (attempt == 0) prove(signature, operation, found);
    if (is_newest(operation, found)) co_return Accepted{false, home_.answer(submission.address, found)};
    if (is_create(operation) || !found.record) check_name(submission, found);
    const auto now = home_.now();
    value_or_refuse(identity::check_fresh(operation, now), Refused::bad_record);

    const store::Record record = extended(operation, found);
    const auto outcome = co_await store_.append(append_of(submission, operation, found, record, now));
    directory_.changed(submission.address);
    if (must_retry(outcome)) continue;
    // Not put into the cache: another operation may have been accepted since, and its answer must not be replaced.
    co_return Accepted{is_create(operation) && outcome == store::AppendOutcome::done,
                       home_.answer(submission.address, {store::NameState::taken, record})};
  }
  throw Refusal::for_now(Refused::conflict, "Others are changing this name; try again.", identity::Seconds(1));
}

// API-7: an account is charged only for what its own keys did, or strangers could use up what its owner may do. All
// others are counted by where they come from.
void Registration::prove(const identity::RequestSignature& signature, const Operation& operation,
                         const store::Lookup& found) {
  const auto key = signing_key(operation, found);
  authentication_.prove(signature, key);
  if (is_current(key, found)) authentication_.charge(operation.body().state.address);
}

void Registration::check_name(const Submission& submission, const store::Lookup& found) const {
  switch (found.state) {
    case store::NameState::taken:
      throw Refusal(Refused::name_taken, "Somebody has this name.");
    case store::NameState::reserved:
      throw Refusal(Refused::name_reserved, "This name is reserved.");
    case store::NameState::tombstoned:
      throw Refusal(Refused::name_tombstoned, "This name was removed and is not given out again.");
    case store::NameState::free:
      break;
  }
  if (reserved_.contains(submission.address.local())) {
    throw Refusal(Refused::name_reserved, "This name is reserved.");
  }
  if (home_.settings().registration == identity::RegistrationMode::closed) {
    throw Refusal(Refused::registration_closed, "This server does not take new people.");
  }
  if (home_.settings().registration == identity::RegistrationMode::invite && !submission.invite) {
    throw Refusal(Refused::invite_required, "This server takes new people by invitation only.");
  }
}

void Registration::count(const std::string& source) {
  const auto wait = sources_.take(source, steady_());
  if (wait > limit::Nanos::zero()) {
    throw Refusal::for_now(Refused::rate_limited, "Too many registrations from your network.", wait);
  }
}

}  // namespace pd::service
