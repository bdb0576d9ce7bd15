// Random chains, good steps and bad, through History and through the slow model: they must agree at every step.

#include <algorithm>
#include <map>
#include <random>

#include "history_model.h"
#include "identity/history.h"
#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using enum OperationKind;
using model::Step;

constexpr std::int64_t window = 72 * 3600;

// Keys are made once: a run needs a few names, thousands of times.
const PrivateKey& key(const std::string& name) {
  static std::map<std::string, PrivateKey> keys;
  return keys.try_emplace(name, sample::key(name)).first->second;
}

class Chain {
 public:
  explicit Chain(unsigned seed) : random_(seed) {}

  // A step that is mostly right, and sometimes wrong in one way or in several.
  Step next_step() {
    Step step = accepted_.empty() ? first_step() : right_step();
    if (chance(35)) spoil(step);
    if (chance(10)) spoil(step);
    return step;
  }

  // The same step as bytes.
  Operation operation_of(const Step& step) {
    OperationBody body{step.kind, step.seq, previous_hash(step), sample::at(step.time), state_of(step), std::nullopt};
    if (step.kind == move) body.moved_to = sample::address("moved@example.net");
    const Operation operation = Operation::sign(body, key(step.signer), step.by_recovery_key).value();
    return step.forged ? Operation::parse(sample::forged(operation.text())).value() : operation;
  }

  void accept(const Step& step, const Operation& operation) {
    accepted_.push_back(step);
    texts_.push_back(operation.text());
  }

  const std::vector<Step>& accepted() const { return accepted_; }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }
  bool chance(std::size_t percent) { return below(100) < percent; }

  template <class T>
  const T& one_of(const std::vector<T>& items) {
    return items[below(items.size())];
  }

  std::string any_identity_key() { return "identity " + std::to_string(below(4)); }

  std::vector<std::string> any_recovery_keys() {
    std::vector<std::string> keys = {"recovery 0", "recovery 1", "recovery 2",
                                     "recovery 3", "recovery 4", "recovery 5"};
    std::shuffle(keys.begin(), keys.end(), random_);
    keys.resize(below(6));
    return keys;
  }

  Step first_step() {
    const std::string identity_key = any_identity_key();
    return {create, "olivier@example.org", {}, 0, 0, identity_key, any_recovery_keys(), identity_key};
  }

  // A step that follows the head or, to undo, an earlier operation in force; its key and its time may still be wrong.
  Step right_step() {
    const std::vector<std::size_t> places = model::in_force(accepted_);
    const bool ended = accepted_.back().kind == revoke || accepted_.back().kind == move;
    const bool undo = places.size() > 1 && chance(ended ? 70 : 25);
    const std::size_t place = undo ? places[below(places.size() - 1)] : places.back();
    const Step& before = accepted_[place];
    Step step = before;
    step.kind = undo ? recover : one_of<OperationKind>({update, update, update, recover, recover, revoke, move});
    step.previous = place;
    step.seq = before.seq + 1;
    step.time = any_time(places, place);
    if (chance(40)) step.identity_key = any_identity_key();
    if (chance(30)) step.recovery_keys = any_recovery_keys();
    step.by_recovery_key = step.kind == recover || (step.kind == revoke && chance(40));
    choose_signer(step, before);
    return step;
  }

  void choose_signer(Step& step, const Step& before) {
    step.signer = before.identity_key;
    if (step.by_recovery_key) step.signer = before.recovery_keys.empty() ? "recovery 0" : one_of(before.recovery_keys);
  }

  // At or after the last operation; for an undoing step often at the very edge of the window.
  std::int64_t any_time(const std::vector<std::size_t>& places, std::size_t place) {
    const std::int64_t last = accepted_.back().time;
    const auto found = std::find(places.begin(), places.end(), place);
    if (found + 1 != places.end() && chance(40)) {
      const std::int64_t edge = accepted_[*(found + 1)].time + window;
      return std::max(last, edge + one_of<std::int64_t>({-1, 0, 1}));
    }
    return last + one_of<std::int64_t>({0, 0, 1, 3600, 24 * 3600, window});
  }

  void spoil(Step& step) {
    switch (below(9)) {
      case 0:
        step.signer = any_identity_key();
        break;
      case 1:
        step.signer = "recovery " + std::to_string(below(7));
        break;
      case 2:
        step.forged = true;
        break;
      case 3:
        step.address = "gordon@example.org";
        break;
      case 4:
        if (step.kind != create) step.seq += 1;
        break;
      case 5:
        if (step.time > 0) step.time -= 1;
        break;
      case 6:
        if (step.kind != create) step.previous = any_place();
        break;
      case 7:
        if (step.kind == revoke) step.by_recovery_key = !step.by_recovery_key;
        break;
      case 8:
        change_kind(step);
        break;
    }
  }

  // Any operation that was ever accepted, in force or undone, or none of them.
  std::optional<std::size_t> any_place() {
    if (accepted_.empty() || chance(20)) return std::nullopt;
    return below(accepted_.size());
  }

  // To another kind that the same format allows (OP-5, OP-6, OP-14).
  void change_kind(Step& step) {
    if (step.kind == create) {
      step.kind = update;
      step.seq = 1;
    } else if (chance(20)) {
      step = first_step();
    } else {
      step.kind = step.by_recovery_key ? one_of<OperationKind>({recover, revoke})
                                       : one_of<OperationKind>({update, revoke, move});
    }
  }

  std::optional<Hash> previous_hash(const Step& step) {
    if (step.kind == create) return std::nullopt;
    if (!step.previous) return Hash{1};
    return sha256(bytes_of(texts_[*step.previous]));
  }

  IdentityState state_of(const Step& step) {
    IdentityState state{sample::address(step.address), key(step.identity_key).public_key(), {}, {}};
    for (const auto& name : step.recovery_keys)
      state.recovery_keys.push_back(key(name).public_key().thumbprint());
    return state;
  }

  std::mt19937 random_;
  std::vector<Step> accepted_;
  std::vector<std::string> texts_;
};

// What a run came across, so that a generator that never gets anywhere is noticed.
struct Coverage {
  std::map<std::string, int> rules;
  int accepted = 0;
  int undone = 0;
};

// Offers `step` to `history` and compares; the history is none before its first operation.
void offer(Chain& chain, std::optional<History>& history, const Step& step, Coverage& coverage) {
  const Operation operation = chain.operation_of(step);
  const auto broken = model::broken_rules(chain.accepted(), step);
  Result<void> result;
  if (history) {
    result = history->append(operation);
  } else if (auto started = History::start(operation)) {
    history = std::move(*started);
  } else {
    result = tl::unexpected(started.error());
  }
  std::vector<std::string> list = chain.texts();
  list.push_back(operation.text());
  const auto replayed = History::replay(list);
  ASSERT_EQ(result.has_value(), broken.empty()) << testing::PrintToString(broken);
  ASSERT_EQ(replayed.has_value(), broken.empty()) << testing::PrintToString(broken);
  if (result) {
    chain.accept(step, operation);
    ++coverage.accepted;
    ASSERT_EQ(replayed->active(), history->active());
  } else {
    ASSERT_TRUE(broken.contains(result.error().rule)) << result.error().rule << testing::PrintToString(broken);
    ASSERT_TRUE(broken.contains(replayed.error().rule)) << replayed.error().rule << testing::PrintToString(broken);
    ++coverage.rules[result.error().rule];
  }
}

void run_chain(unsigned seed, Coverage& coverage) {
  Chain chain(seed);
  std::optional<History> history;
  for (int i = 0; i < 20; ++i) {
    ASSERT_NO_FATAL_FAILURE(offer(chain, history, chain.next_step(), coverage));
    if (!history) continue;
    ASSERT_EQ(history->active(), model::in_force(chain.accepted()));
    ASSERT_EQ(history->operations().size(), chain.accepted().size());
    const Step& head = chain.accepted().back();
    ASSERT_EQ(history->state().identity_key, key(head.identity_key).public_key());
    ASSERT_EQ(history->head().body().seq, head.seq);
  }
  if (history) coverage.undone += static_cast<int>(chain.accepted().size() - history->active().size());
}

TEST(HistoryProperty, AgreesWithTheSlowModelOnRandomChains) {
  Coverage coverage;
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ASSERT_NO_FATAL_FAILURE(run_chain(seed, coverage));
  }
  EXPECT_GT(coverage.accepted, 700);
  EXPECT_GT(coverage.undone, 100);
  for (const std::string rule : {"HIST-1", "HIST-2", "HIST-3", "HIST-4", "HIST-5", "HIST-6", "HIST-7", "HIST-8",
                                 "HIST-9", "HIST-10", "JWS-10"}) {
    EXPECT_GT(coverage.rules[rule], 10) << rule;
  }
}

}  // namespace
}  // namespace pd::identity
