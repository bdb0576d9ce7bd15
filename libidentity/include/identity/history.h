#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "identity/operation.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

inline constexpr Seconds recovery_window{72 * 3600};
inline constexpr std::size_t max_history = 500;     // operations in one history
inline constexpr std::size_t history_reserve = 10;  // of these, the last are kept for recover, revoke and move

// Everything that ever happened to one identity, in the order in which its server accepted it: an append-only list.
//
// A recovery may name an earlier operation as its previous one; what lies between is undone but stays in the list, so
// that whoever has seen it can check that undoing it was right. The rules are HIST-* of schema/spec/operations.md;
// server and client run this same code.
class History {
 public:
  // Starts a history with its create operation. Fails with not_allowed (not a create), bad_signature or wrong_key.
  static Result<History> start(const Operation& create);

  // Starts with the first and appends the others. Fails as start() and append() do; too_large over max_history;
  // malformed when `operations` is empty.
  static Result<History> replay(std::span<const std::string> operations);

  // As replay(), but believes the signatures: only for operations that this program itself has verified and kept since
  // where nobody else writes. A signature costs a hundred times the rest.
  static Result<History> replay_trusted(std::span<const std::string> operations);

  // Appends one operation, or leaves the history as it was and says why not:
  // wrong_subject (another address), out_of_order (previous, seq or time), wrong_key, bad_signature,
  // not_allowed (the identity has ended, the key is too weak, the kind may not do this), expired (outside the
  // recovery window), too_large (the history is full).
  Result<void> append(const Operation& operation);

  const Address& address() const { return operations_.front().body().state.address; }
  // The operation in force. Its state is the identity's.
  const Operation& head() const { return operations_[active_.back()]; }
  const IdentityState& state() const { return head().body().state; }
  bool ended() const;  // the head is a revoke or a move

  // In order of acceptance, the undone ones too; never empty.
  const std::vector<Operation>& operations() const { return operations_; }
  // The operations in force, as indices into operations(), from the create to the head.
  const std::vector<std::size_t>& active() const { return active_; }
  const Hash& genesis() const { return operations_.front().hash(); }
  bool contains(const Hash& operation) const;

 private:
  // Where an operation goes, and who must have signed it.
  struct Place {
    std::size_t keep;  // active operations that come before it; those after are undone
    PublicKey signer;
  };

  History() = default;
  // Fills an empty history by every rule but the signatures. Returns who must have signed each operation.
  Result<std::vector<PublicKey>> fill(std::span<const std::string> operations);
  // Every rule but the signature, which costs a hundred times the others.
  Result<Place> place(const Operation& operation) const;
  Result<Place> place_first(const Operation& create) const;
  Result<std::size_t> find_previous(const Operation& operation) const;
  Result<void> check_undo(const Operation& recover, std::size_t previous) const;
  void commit(const Operation& operation, const Place& place);

  std::vector<Operation> operations_;
  std::vector<std::size_t> active_;
};

// A server's extra rule for a new operation (HIST-12): its time must be within clock_skew of `now`. Fails with
// expired or not_yet_valid.
Result<void> check_fresh(const Operation& operation, Time now);

}  // namespace pd::identity
