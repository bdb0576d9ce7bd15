#include "history_model.h"

#include <algorithm>

namespace pd::identity::model {
namespace {

using enum OperationKind;
using Rules = std::set<std::string>;

bool holds(const std::vector<std::string>& list, const std::string& item) {
  return std::count(list.begin(), list.end(), item) > 0;
}

bool is_in_force(const std::vector<Step>& accepted, std::size_t place) {
  const auto places = in_force(accepted);
  return std::count(places.begin(), places.end(), place) > 0;
}

// HIST-9: 1 for the strongest recovery key of `before`, 1000 for its identity key.
int strength_order(const Step& before, const Step& step) {
  if (!step.by_recovery_key) return 1000;
  int order = 1;
  for (const auto& key : before.recovery_keys) {
    if (key == step.signer) return order;
    ++order;
  }
  return 1001;
}

Rules first_broken(const Step& step) {
  Rules broken;
  if (step.kind != create) broken.insert("HIST-1");
  if (step.signer != step.identity_key) broken.insert("HIST-1");
  if (step.forged) broken.insert("JWS-10");
  return broken;
}

Rules signer_broken(const Step& before, const Step& step) {
  const bool as_identity = !step.by_recovery_key && step.signer == before.identity_key;
  const bool as_recovery = step.by_recovery_key && holds(before.recovery_keys, step.signer);
  if ((step.kind == update || step.kind == move) && !as_identity) return {"HIST-6"};
  if (step.kind == revoke && !as_identity && !as_recovery) return {"HIST-7"};
  if (step.kind == recover && !as_recovery) return {"HIST-8"};
  return {};
}

// The operation in force whose prev is `place`.
const Step& successor(const std::vector<Step>& accepted, std::size_t place) {
  for (const std::size_t later : in_force(accepted)) {
    if (accepted[later].previous == place) return accepted[later];
  }
  return accepted.back();  // only asked of places before the head
}

Rules undo_broken(const std::vector<Step>& accepted, const Step& step) {
  const Step& before = accepted[*step.previous];
  const Step& undone = successor(accepted, *step.previous);
  Rules broken;
  if (strength_order(before, step) >= strength_order(before, undone)) broken.insert("HIST-9");
  if (step.time - undone.time > 72 * 60 * 60) broken.insert("HIST-10");
  return broken;
}

Rules place_broken(const std::vector<Step>& accepted, const Step& step) {
  if (!step.previous || !is_in_force(accepted, *step.previous)) return {"HIST-3"};
  const Step& before = accepted[*step.previous];
  const bool at_head = *step.previous == accepted.size() - 1;
  Rules broken = signer_broken(before, step);
  if (step.seq != before.seq + 1) broken.insert("HIST-3");
  if (at_head && (before.kind == revoke || before.kind == move)) broken.insert("HIST-5");
  if (!at_head && step.kind != recover) broken.insert("HIST-3");
  if (!at_head && step.kind == recover) broken.merge(undo_broken(accepted, step));
  return broken;
}

}  // namespace

std::vector<std::size_t> in_force(const std::vector<Step>& accepted) {
  std::vector<std::size_t> places;
  std::optional<std::size_t> place;
  if (!accepted.empty()) place = accepted.size() - 1;
  while (place) {
    places.insert(places.begin(), *place);
    place = accepted[*place].previous;
  }
  return places;
}

std::set<std::string> broken_rules(const std::vector<Step>& accepted, const Step& step) {
  if (accepted.empty()) return first_broken(step);
  Rules broken = place_broken(accepted, step);
  if (step.kind == create) broken.insert("HIST-1");
  if (step.address != accepted.front().address) broken.insert("HIST-2");
  if (step.time < accepted.back().time) broken.insert("HIST-4");
  if (accepted.size() >= 490 && step.kind == update) broken.insert("HIST-11");
  if (accepted.size() >= 500) broken.insert("HIST-11");
  if (step.forged) broken.insert("JWS-10");
  return broken;
}

}  // namespace pd::identity::model
