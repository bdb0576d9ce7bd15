#include "directory/owner.h"

#include <algorithm>

namespace pd::directory {
namespace {

const identity::Operation* find_operation(const identity::History& history, const identity::Hash& hash) {
  const auto& all = history.operations();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& operation) { return operation.hash() == hash; });
  return found == all.end() ? nullptr : &*found;
}

bool is_end(const identity::Operation& operation) {
  return operation.body().kind == identity::OperationKind::revoke ||
         operation.body().kind == identity::OperationKind::move;
}

}  // namespace

identity::OperationBody following(const identity::History& history, const identity::Operation& previous,
                                  identity::OperationKind kind, identity::Time now) {
  const auto newest = history.operations().back().body().time;
  return {kind, previous.body().seq + 1, previous.hash(), std::max(now, newest), previous.body().state, {}};
}

VerifiedPeer submit(const Lookup& lookup, const identity::OperationBody& body, const identity::PrivateKey& key,
                    SignedBy by, const std::optional<std::string>& invite) {
  const auto& address = body.state.address;
  const auto operation = require(identity::Operation::sign(body, key, by == SignedBy::recovery_key), Kind::failed,
                                 "cannot sign the change");
  const auto server = lookup.client_of(address.domain());
  auto accepted = lookup.accept(server.put_operation(operation, key, invite), address);
  if (!accepted || accepted->identity().history().head().hash() != operation.hash()) {
    throw Failure(Kind::unverified, address.domain().text() + " acknowledged the change and yet does not show it",
                  "look at pdctl whoami, and try again");
  }
  return *std::move(accepted);
}

VerifiedPeer submit_pending(const Lookup& lookup, const Home& home, const Pending& pending,
                            const identity::OperationBody& body, const identity::PrivateKey& key, SignedBy by,
                            const std::optional<std::string>& invite) {
  try {
    return submit(lookup, body, key, by, invite);
  } catch (const Problem& problem) {
    if (problem.final()) pending.discard(home);
    throw;
  }
}

const identity::Operation* recoverable(const identity::History& history, const identity::Hash& recovery_key) {
  const auto* operation = &history.head();
  while (operation != nullptr) {
    const auto& keys = operation->body().state.recovery_keys;
    if (!is_end(*operation) && std::find(keys.begin(), keys.end(), recovery_key) != keys.end()) return operation;
    const auto& previous = operation->body().previous;
    operation = previous ? find_operation(history, *previous) : nullptr;
  }
  return nullptr;
}

}  // namespace pd::directory
