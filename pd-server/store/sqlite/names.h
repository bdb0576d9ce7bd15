#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

// Names and their operations. Every function runs inside a job; see Store for what each means.
namespace pd::store::sqlite {

Lookup find(Connection& db, const std::string& local);
AppendOutcome append(Connection& db, const Append& append);
std::vector<UserSummary> users(Connection& db, const Domain& domain, const std::string& after_local,
                               std::uint32_t limit);
bool tombstone(Connection& db, const std::string& local, Time now);
NameState reserve(Connection& db, const std::string& local, Time now);
bool unreserve(Connection& db, const std::string& local);
std::vector<std::string> reserved(Connection& db);

// The row of a name that is taken; 0 when it is not.
std::int64_t taken_name(Connection& db, const std::string& local);

}  // namespace pd::store::sqlite
