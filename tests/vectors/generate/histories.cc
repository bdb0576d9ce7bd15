#include "cases.h"
#include "identity/history.h"
#include "identity/sample.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace
using enum OperationKind;
using sample::key;

constexpr std::int64_t hours = 3600;

Json input(const std::vector<std::string>& operations) {
  return {{"operations", operations}};
}

Operation created() {
  return sample::create(sample::state("olivier@example.org", 3));
}

Operation next(const Operation& previous, OperationKind kind, std::int64_t after = 60,
               std::string_view signer = "identity") {
  OperationBody body = sample::following(previous, kind, after);
  if (kind == move) body.moved_to = sample::address("olivier@example.net");
  return sample::sign(body, signer, signer.starts_with("recovery"));
}

// The identity in a thief's hands, recovery keys and all, by `signer`.
Operation theft(const Operation& previous, OperationKind kind = update, std::string_view signer = "identity") {
  OperationBody body = sample::following(previous, kind);
  body.state.identity_key = key("thief").public_key();
  body.state.devices.clear();
  body.state.recovery_keys = {key("recovery of the thief").public_key().thumbprint()};
  return sample::sign(body, signer, kind == recover);
}

struct Accept {
  Cases& cases;
  void operator()(std::string_view name, std::string_view about, const std::vector<std::string>& operations) const {
    cases.accept("history", name, about, input(operations));
  }
};

struct Refuse {
  Cases& cases;
  void operator()(std::string_view name, std::string_view rule, std::string_view about,
                  const std::vector<std::string>& operations) const {
    cases.refuse("history", name, rule, about, input(operations));
  }
};

void add_accepted(const Accept& accept) {
  const Operation first = created(), second = next(first, update), stolen = theft(first);
  const std::string c = first.text(), u = second.text(), t = stolen.text();
  accept("create", "the shortest history", {c});
  accept("updates", "each follows the one before", {c, u, next(second, update).text()});
  accept("same-second", "operations of one second", {c, next(first, update, 0).text()});
  accept("recover-at-head", "with nothing to undo, the weakest recovery key will do, at any time",
         {c, u, next(second, recover, 1000 * hours, "recovery 2").text()});
  accept("theft-undone", "a recovery key takes the name back from a thief",
         {c, t, next(first, recover, 1 * hours, "recovery 2").text()});
  accept("theft-undone-at-the-last-second", "72 hours after the theft",
         {c, t, next(first, recover, 60 + 72 * hours, "recovery 0").text()});
  const Operation recovered = theft(first, recover, "recovery 1");
  accept("recovery-undone-by-stronger", "a stronger recovery key overrules a weaker one",
         {c, recovered.text(), next(first, recover, 1 * hours, "recovery 0").text()});
  const Operation changed = next(stolen, recover, 60, "recovery of the thief");
  accept("branch-undone", "and everything that the thief built on it, whatever key signed that",
         {c, t, changed.text(), next(first, recover, 1 * hours, "recovery 2").text()});
  const Operation revoked = next(first, revoke), moved = next(first, move);
  accept("revoked", "the end", {c, revoked.text()});
  accept("revoked-by-recovery-key", "the end, without the identity key",
         {c, next(first, revoke, 60, "recovery 2").text()});
  accept("moved", "the end, and a new beginning elsewhere", {c, moved.text()});
  accept("revoke-undone", "a thief's revoke is not the end",
         {c, revoked.text(), next(first, recover, 120, "recovery 1").text()});
  accept("move-undone", "nor is a thief's move", {c, moved.text(), next(first, recover, 120, "recovery 1").text()});
}

void refuse_attacks(const Refuse& refuse) {
  const Operation first = created(), second = next(first, update), third = next(second, update);
  const std::string c = first.text(), u = second.text(), v = third.text();
  refuse("forged", "JWS-10", "an operation whose signature is nobody's", {c, sample::forged(u)});
  refuse("reordered", "HIST-3", "two operations have changed places", {c, v, u});
  refuse("cut-in-the-middle", "HIST-3", "an operation is missing", {c, v});
  refuse("cut-at-the-beginning", "HIST-1", "the create is missing", {u, v});
  refuse("truncated-operation", "JWS-1", "the last operation has lost its end", {c, u.substr(0, u.size() - 6)});
  refuse("repeated", "HIST-3", "an operation comes twice", {c, u, u});
  refuse("foreign-signed", "HIST-6", "an update signed by somebody else's key",
         {c, next(first, update, 60, "thief").text()});
  refuse("signed-by-device", "HIST-6", "an update signed by a device", {c, next(first, update, 60, "laptop").text()});
  refuse("moved-by-device", "HIST-6", "a move signed by a device", {c, next(first, move, 60, "laptop").text()});
  OperationBody other = sample::following(first, update);
  other.state.address = sample::address("gordon@example.org");
  refuse("other-address", "HIST-2", "an operation about another name", {c, sample::sign(other).text()});
  refuse("create-by-other-key", "HIST-1", "a create that its identity key did not sign",
         {sample::sign(first.body(), "thief").text()});
  refuse("two-creates", "HIST-1", "a second beginning", {c, sample::create(sample::state(), sample::at(60)).text()});
  refuse("empty", "HIST-1", "no operation at all", {});
}

void refuse_order(const Refuse& refuse) {
  const Operation first = created(), second = next(first, update);
  const std::string c = first.text(), u = second.text();
  OperationBody skipping = sample::following(first, update);
  skipping.seq = 2;
  refuse("seq-skipped", "HIST-3", "a number is left out", {c, sample::sign(skipping).text()});
  refuse("update-forks", "HIST-3", "only a recover may follow an earlier operation",
         {c, u, next(first, update, 120).text()});
  refuse("revoke-forks", "HIST-3", "nor may a revoke", {c, u, next(first, revoke, 120, "recovery 0").text()});
  refuse("time-goes-back", "HIST-4", "older than what it follows", {c, u, next(second, update, -1).text()});
  refuse("time-goes-back-in-list", "HIST-4", "older than what it undoes",
         {c, u, next(first, recover, 59, "recovery 0").text()});
  const Operation revoked = next(first, revoke), moved = next(first, move);
  refuse("after-revoke", "HIST-5", "an update after the end", {c, revoked.text(), next(revoked, update).text()});
  refuse("after-move", "HIST-5", "an update after the move", {c, moved.text(), next(moved, update).text()});
  refuse("recover-after-revoke", "HIST-5", "a recover that undoes nothing does not wake the dead",
         {c, revoked.text(), next(revoked, recover, 60, "recovery 0").text()});
}

void refuse_recoveries(const Refuse& refuse) {
  const Operation first = created(), stolen = theft(first), taken = theft(first, recover, "recovery 1");
  const Operation rescue = next(first, recover, 1 * hours, "recovery 0");
  const std::string c = first.text(), t = stolen.text();
  refuse("revoked-by-device", "HIST-7", "a device cannot end an identity",
         {c, next(first, revoke, 60, "laptop").text()});
  refuse("revoked-by-uncommitted-key", "HIST-7", "nor can a recovery key of somebody else",
         {c, next(first, revoke, 60, "recovery of the thief").text()});
  refuse("recovery-key-uncommitted", "HIST-8", "a recovery key that nobody committed to",
         {c, next(first, recover, 60, "recovery of the thief").text()});
  refuse("recovery-key-replaced", "HIST-8", "a recovery key that a later state no longer has",
         {c, t, next(stolen, recover, 60, "recovery 0").text()});
  refuse("recover-by-identity-key", "HIST-8", "the identity key as if it were a recovery key",
         {c, sample::sign(sample::following(first, recover), "identity", true).text()});
  refuse("recovery-weaker", "HIST-9", "a weaker key cannot undo a stronger one's work",
         {c, taken.text(), next(first, recover, 1 * hours, "recovery 2").text()});
  refuse("recovery-as-strong", "HIST-9", "nor can the same key",
         {c, taken.text(), next(first, recover, 1 * hours, "recovery 1").text()});
  refuse("recovery-too-late", "HIST-10", "72 hours and a second",
         {c, t, next(first, recover, 60 + 72 * hours + 1, "recovery 0").text()});
  const Operation second = next(first, update), late = next(second, update, 100 * hours);
  refuse("recovery-window-from-first", "HIST-10", "the hours count from the first operation that it would undo",
         {c, second.text(), late.text(), next(first, recover, 101 * hours, "recovery 0").text()});
  refuse("after-undone", "HIST-3", "the thief goes on from what was undone",
         {c, t, rescue.text(), next(stolen, update, 2 * hours, "thief").text()});
  refuse("recover-from-undone", "HIST-3", "the thief's recovery key too",
         {c, t, rescue.text(), next(stolen, recover, 2 * hours, "recovery of the thief").text()});
}

}  // namespace

void add_histories(Cases& cases) {
  add_accepted({cases});
  refuse_attacks({cases});
  refuse_order({cases});
  refuse_recoveries({cases});
}

}  // namespace pd::vectors
