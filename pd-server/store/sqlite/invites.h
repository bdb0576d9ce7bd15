#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace pd::store::sqlite {

Invite create_invite(Connection& db, std::uint32_t uses, Time now, Time expires, const std::string& note);
std::vector<Invite> invites(Connection& db);
bool revoke_invite(Connection& db, const std::string& id);

// Takes one use of the invite. False: there is no such code, or it is spent or expired.
bool spend_invite(Connection& db, const std::string& code, Time now);

}  // namespace pd::store::sqlite
