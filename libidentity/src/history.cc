#include "identity/history.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "members.h"

namespace pd::identity {
namespace {

bool ends_identity(const Operation& operation) {
  return operation.body().kind == OperationKind::revoke || operation.body().kind == OperationKind::move;
}

// HIST-11: the last places are kept for what rescues or ends an identity, so that filling a history locks nobody out.
std::size_t room_for(OperationKind kind) {
  const bool ordinary = kind == OperationKind::create || kind == OperationKind::update;
  return ordinary ? max_history - history_reserve : max_history;
}

std::optional<std::size_t> place_among(const std::vector<Hash>& recovery_keys, const PublicKey& key) {
  const auto found = std::ranges::find(recovery_keys, key.thumbprint());
  if (found == recovery_keys.end()) return std::nullopt;
  return static_cast<std::size_t>(found - recovery_keys.begin());
}

// HIST-9: 0 for the strongest recovery key of `state`; the identity key comes after them all. `operation` follows
// `state` directly and has been found to be signed by one of these.
std::size_t rank(const IdentityState& state, const Operation& operation) {
  const std::size_t weakest = state.recovery_keys.size();
  const auto& key = operation.jws().embedded_key();
  return key ? place_among(state.recovery_keys, *key).value_or(weakest) : weakest;
}

// HIST-6 … HIST-8: the key of `state` that has to have signed `operation`.
Result<PublicKey> expected_signer(const IdentityState& state, const Operation& operation) {
  const OperationKind kind = operation.body().kind;
  const auto& embedded = operation.jws().embedded_key();
  if (embedded) {
    const char* rule = kind == OperationKind::recover ? "HIST-8" : "HIST-7";
    if (!place_among(state.recovery_keys, *embedded)) {
      return fail(Reason::wrong_key, rule, "the signer is not a recovery key of the operation before");
    }
    return *embedded;
  }
  if (operation.jws().key_id() != state.identity_key.id()) {
    const char* rule = kind == OperationKind::revoke ? "HIST-7" : "HIST-6";
    return fail(Reason::wrong_key, rule, "the signer is not the identity key of the operation before");
  }
  return state.identity_key;
}

tl::unexpected<Error> numbered(std::size_t i, const Error& error) {
  return tl::unexpected(enclose(error, "operation " + std::to_string(i)));
}

}  // namespace

Result<History> History::start(const Operation& create) {
  History history;
  if (const auto appended = history.append(create); !appended) return tl::unexpected(appended.error());
  return history;
}

// What is cheap comes first, for the whole list: only a history that is sound in every other way has its signatures
// verified.
Result<History> History::replay(std::span<const std::string> operations) {
  History history;
  const auto signers = history.fill(operations);
  if (!signers) return tl::unexpected(signers.error());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const auto verified = history.operations_[i].jws().verify((*signers)[i]);
    if (!verified) return numbered(i, verified.error());
  }
  return history;
}

Result<History> History::replay_trusted(std::span<const std::string> operations) {
  History history;
  if (const auto filled = history.fill(operations); !filled) return tl::unexpected(filled.error());
  return history;
}

Result<std::vector<PublicKey>> History::fill(std::span<const std::string> operations) {
  if (operations.empty()) return fail(Reason::malformed, "HIST-1", "a history has at least one operation");
  if (operations.size() > max_history) return fail(Reason::too_large, "HIST-11", "more than 500 operations");
  operations_.reserve(operations.size());
  std::vector<PublicKey> signers;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const auto operation = Operation::parse(operations[i]);
    if (!operation) return numbered(i, operation.error());
    const auto place = this->place(*operation);
    if (!place) return numbered(i, place.error());
    commit(*operation, *place);
    signers.push_back(place->signer);
  }
  return signers;
}

Result<void> History::append(const Operation& operation) {
  const auto place = this->place(operation);
  if (!place) return tl::unexpected(place.error());
  if (const auto verified = operation.jws().verify(place->signer); !verified) return verified;
  commit(operation, *place);
  return {};
}

bool History::ended() const {
  return ends_identity(head());
}

bool History::contains(const Hash& operation) const {
  return std::ranges::find(operations_, operation, &Operation::hash) != operations_.end();
}

Result<History::Place> History::place_first(const Operation& create) const {
  if (create.body().kind != OperationKind::create) {
    return fail(Reason::not_allowed, "HIST-1", "a history begins with a create");
  }
  const PublicKey& key = create.body().state.identity_key;
  if (create.jws().key_id() != key.id()) {
    return fail(Reason::wrong_key, "HIST-1", "a create is signed by its own identity key");
  }
  return Place{0, key};
}

Result<History::Place> History::place(const Operation& operation) const {
  if (operations_.empty()) return place_first(operation);
  const OperationBody& body = operation.body();
  if (body.kind == OperationKind::create) {
    return fail(Reason::not_allowed, "HIST-1", "only the first operation is a create");
  }
  if (body.state.address != address()) {
    return fail(Reason::wrong_subject, "HIST-2", "the operation is about " + body.state.address.text());
  }
  if (operations_.size() >= room_for(body.kind)) return fail(Reason::too_large, "HIST-11", "the history is full");
  if (body.time < operations_.back().body().time) {
    return fail(Reason::out_of_order, "HIST-4", "the operation is older than the one before it");
  }
  const auto previous = find_previous(operation);
  if (!previous) return tl::unexpected(previous.error());
  const IdentityState& state = operations_[active_[*previous]].body().state;
  auto signer = expected_signer(state, operation);
  if (!signer) return tl::unexpected(signer.error());
  if (const auto undo = check_undo(operation, *previous); !undo) return tl::unexpected(undo.error());
  return Place{*previous + 1, *signer};
}

// HIST-3, HIST-5: the index in active_ of the operation that `operation` follows.
Result<std::size_t> History::find_previous(const Operation& operation) const {
  const OperationBody& body = operation.body();
  std::size_t previous = active_.size();
  do {
    if (previous == 0) return fail(Reason::out_of_order, "HIST-3", "prev is not an operation in force");
    --previous;
  } while (operations_[active_[previous]].hash() != body.previous);
  const bool at_head = previous + 1 == active_.size();
  if (!at_head && body.kind != OperationKind::recover) {
    return fail(Reason::out_of_order, "HIST-3", "prev is not the head");
  }
  if (at_head && ended()) return fail(Reason::not_allowed, "HIST-5", "the identity has ended");
  if (body.seq != operations_[active_[previous]].body().seq + 1) {
    return fail(Reason::out_of_order, "HIST-3", "seq is not that of prev plus one");
  }
  return previous;
}

// HIST-9, HIST-10: what comes after `previous` may be undone only by a stronger key, and only for a while.
Result<void> History::check_undo(const Operation& recover, std::size_t previous) const {
  if (previous + 1 == active_.size()) return {};
  const Operation& undone = operations_[active_[previous + 1]];
  const IdentityState& state = operations_[active_[previous]].body().state;
  if (rank(state, recover) >= rank(state, undone)) {
    return fail(Reason::not_allowed, "HIST-9", "the recovery key is not stronger than the key it would undo");
  }
  if (recover.body().time - undone.body().time > recovery_window) {
    return fail(Reason::expired, "HIST-10", "what it would undo is more than 72 hours old");
  }
  return {};
}

void History::commit(const Operation& operation, const Place& place) {
  operations_.push_back(operation);
  active_.resize(place.keep);
  active_.push_back(operations_.size() - 1);
}

Result<void> check_fresh(const Operation& operation, Time now) {
  const Time time = operation.body().time;
  if (time < now - clock_skew) return fail(Reason::expired, "HIST-12", "the operation was signed too long ago");
  if (time > now + clock_skew) return fail(Reason::not_yet_valid, "HIST-12", "the operation is dated in the future");
  return {};
}

}  // namespace pd::identity
