#include "command/own.h"

#include "directory/lookup.h"
#include "directory/pending.h"

namespace pd::command {

Own open_own(Context& context) {
  const auto& home = context.home();
  auto lock = home.lock();
  const auto account = home.require_account();
  auto current = context.lookup().require(account.address);
  const auto pending = directory::Pending::load(home);
  if (pending && pending->intent().identity_key == current.state().identity_key) pending->finish(home);
  return {std::move(lock), std::move(current)};
}

}  // namespace pd::command
