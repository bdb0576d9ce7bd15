#include "command/own.h"

#include "directory/lookup.h"
#include "directory/pending.h"

namespace pd::command {
namespace {

// Only a rotation is finished by other commands: a registration or recovery first has to show its recovery key, unless
// all that is left to do is to move the keys.
void settle(const directory::Pending& pending, const directory::Home& home, const directory::VerifiedPeer& current) {
  const bool in_force = pending.intent().identity_key == current.state().identity_key;
  if (pending.finishing(home) || (in_force && pending.intent().kind == directory::Change::rotation))
    return pending.finish(home);
  if (in_force) throw pending.unfinished();
}

}  // namespace

Own open_own(Context& context) {
  const auto& home = context.home();
  auto lock = home.lock();
  const auto account = home.require_account();
  auto current = context.lookup().require(account.address);
  if (const auto pending = directory::Pending::load(home)) settle(*pending, home, current);
  return {std::move(lock), std::move(current)};
}

}  // namespace pd::command
