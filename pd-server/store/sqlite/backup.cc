#include "store/sqlite/backup.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "ops/file.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/domain.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/open.h"

namespace pd::store::sqlite {
namespace {

namespace fs = std::filesystem;

// SQLite's other files go with it.
struct DatabaseDraft : ops::Draft {
  using Draft::Draft;
  ~DatabaseDraft() {
    std::error_code ignored;
    for (const char* more : {"-journal", "-wal", "-shm"})
      fs::remove(path().string() + more, ignored);
  }
};

// All pages, as of one moment; writers of `from` are not held up.
void copy(Connection& from, Connection& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.native(), "main", from.native(), "main");
  if (backup == nullptr) throw Failure(fmt::format("cannot begin to copy: {}", sqlite3_errmsg(to.native())));
  const int stepped = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE) throw Failure(fmt::format("cannot copy: {}", sqlite3_errstr(stepped)));
}

void check_whole(Connection& db) {
  Query found = db.query("PRAGMA integrity_check(1)");
  if (!found.step() || found.text(0) != "ok") throw Failure("the database is damaged: " + found.text(0));
  Query orphans = db.query("PRAGMA foreign_key_check");
  if (orphans.step()) throw Failure("the database is damaged: rows that belong to nothing in " + orphans.text(0));
}

void add_key(Connection& db, std::string_view domain_key, Time now) {
  Transaction transaction(db);
  db.run("CREATE TABLE backup (made INTEGER NOT NULL, domain_key TEXT NOT NULL) STRICT");
  db.query("INSERT INTO backup VALUES (?1, ?2)").bind(now, domain_key).run();
  transaction.commit();
}

void check_is_backup(Connection& db) {
  check_schema(db);
  if (db.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'backup'") == 0)
    throw Failure("this is not a backup made by 'pd-server backup'");
}

}  // namespace

Domain stored_domain(const fs::path& data) {
  Connection db(existing_database(data), Connection::Access::read_only);
  check_schema(db);
  return claim_domain(db, std::nullopt);
}

std::vector<std::string> stored_key_records(const fs::path& data) {
  Connection db(existing_database(data), Connection::Access::read_only);
  check_schema(db);
  return domain_key_records(db);
}

void write_backup(const fs::path& data, const fs::path& file, std::string_view domain_key, Time now) {
  if (fs::exists(fs::symlink_status(file))) throw Failure(fmt::format("{} is there already", file.string()));
  Connection from(existing_database(data), Connection::Access::read_only);
  check_schema(from);
  ops::Draft::remove_abandoned(file);  // they hold the private key
  DatabaseDraft draft(file);
  {
    Connection to(draft.path(), Connection::Access::read_write);
    copy(from, to);
    // One file, without the log beside it that a database in use has.
    to.run("PRAGMA journal_mode = DELETE");
    add_key(to, domain_key, now);
    check_whole(to);
  }
  draft.keep();
}

BackupContents read_backup(const fs::path& file) {
  Connection db(file, Connection::Access::read_only);
  check_is_backup(db);
  check_whole(db);
  Query row = db.query("SELECT made, domain_key FROM backup");
  if (!row.step()) throw Failure("the backup holds no domain key");
  return {claim_domain(db, std::nullopt), row.time(0), domain_key_records(db), row.text(1)};
}

void restore_database(const fs::path& file, const fs::path& data) {
  Connection from(file, Connection::Access::read_only);
  check_is_backup(from);
  DatabaseDraft draft(database_file(data));
  {
    Connection to(draft.path(), Connection::Access::read_write);
    copy(from, to);
    // The key is overwritten (secure_delete), not only forgotten: it has a file of its own. A rollback journal on the
    // disk would hold the old page; the draft needs none, since it counts only when it is whole.
    to.run("PRAGMA journal_mode = MEMORY");
    Transaction transaction(to);
    to.run("DROP TABLE backup");
    // Others refuse a descriptor older than one that they have seen (DESC-*); nobody publishes a million a backup.
    to.run("UPDATE domain SET descriptor_seq = descriptor_seq + 1000000");
    transaction.commit();
  }
  draft.keep();
}

}  // namespace pd::store::sqlite
