#pragma once

#include <span>
#include <string_view>

#include "store/sqlite/connection.h"

namespace pd::store::sqlite {

// Marks the file as ours (PRAGMA application_id): "pdst".
inline constexpr std::int64_t application_id = 0x70647374;

// schema/sql/sqlite/*.sql in order; script 0 makes schema 1 out of an empty file.
std::span<const std::string_view> migration_scripts();

// Brings the database to the newest schema and to WAL mode, each step in a transaction of its own; does nothing when it
// is there already. Throws Failure for a database that is not ours, or that a newer pd-server has been using.
void migrate(Connection& db);

// Throws Failure unless the database is ours and not newer than this program.
void check_schema(Connection& db);
// As check_schema(), and it is not older either.
void check_newest_schema(Connection& db);

}  // namespace pd::store::sqlite
