#include "store/sqlite/migrations.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "store/store.h"

namespace pd::embedded {
extern const std::string_view sqlite_0001_init;
extern const std::string_view sqlite_0002_share;
}  // namespace pd::embedded

namespace pd::store::sqlite {
namespace {

const std::array scripts = {embedded::sqlite_0001_init, embedded::sqlite_0002_share};

std::int64_t schema_of(Connection& db) {
  return db.integer("PRAGMA user_version");
}

bool empty(Connection& db) {
  return db.integer("SELECT count(*) FROM sqlite_schema") == 0;
}

void apply(Connection& db, std::size_t index) {
  Transaction transaction(db);
  // Another process may have been faster.
  if (schema_of(db) != static_cast<std::int64_t>(index)) return;
  db.run(std::string(migration_scripts()[index]).c_str());
  db.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, index + 1).c_str());
  transaction.commit();
}

// Kept in the file itself. Not to be had on file systems without shared memory, network ones above all.
void use_write_ahead_log(Connection& db) {
  Query row = db.query("PRAGMA journal_mode = WAL");
  if (!row.step() || row.text(0) != "wal")
    throw Failure("the database cannot use write-ahead logging: its file system must be a local one");
}

}  // namespace

std::span<const std::string_view> migration_scripts() {
  return scripts;
}

void check_schema(Connection& db) {
  if (db.integer("PRAGMA application_id") != application_id && !empty(db))
    throw Failure("the database file is not one of pd-server's");
  const auto newest = static_cast<std::int64_t>(migration_scripts().size());
  if (const auto found = schema_of(db); found > newest) {
    throw Failure(fmt::format(
        "the database has schema {}, and this pd-server knows schemas up to {}: a newer pd-server has used it. "
        "Run that version, or restore a backup made before the upgrade.",
        found, newest));
  }
}

void check_newest_schema(Connection& db) {
  check_schema(db);
  const auto newest = static_cast<std::int64_t>(migration_scripts().size());
  if (const auto found = schema_of(db); found != newest)
    throw Failure(fmt::format(
        "the database has schema {}, and this pd-server uses schema {}: start this version of the server once, "
        "which brings it up to date",
        found, newest));
}

void migrate(Connection& db) {
  check_schema(db);
  use_write_ahead_log(db);
  const std::size_t newest = migration_scripts().size();
  for (auto index = static_cast<std::size_t>(schema_of(db)); index < newest; ++index)
    apply(db, index);
}

}  // namespace pd::store::sqlite
