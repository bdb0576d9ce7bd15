#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "identity/operation.h"

namespace pd::identity::model {

// An operation as a set of plain facts, without keys, hashes or encodings: keys are names, and other operations are
// places in the list.
struct Step {
  OperationKind kind;
  std::string address;
  std::optional<std::size_t> previous;  // a place in the list; none when prev names nothing that is in it
  std::uint64_t seq;
  std::int64_t time;
  std::string identity_key;
  std::vector<std::string> recovery_keys;
  std::string signer;
  bool by_recovery_key = false;  // the signer's public key comes along
  bool forged = false;           // the signature is nobody's
};

// The places of the operations in force: from the last one accepted, backwards along prev.
std::vector<std::size_t> in_force(const std::vector<Step>& accepted);

// Every rule of schema/spec/operations.md that `step` breaks after `accepted`, each looked at on its own; empty when it
// is acceptable. Written from the page, without a thought for speed.
std::set<std::string> broken_rules(const std::vector<Step>& accepted, const Step& step);

}  // namespace pd::identity::model
