#include "store/sqlite/backup.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <sqlite3.h>

#include "identity/encoding.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/domain.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/open.h"

namespace pd::store::sqlite {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot(std::string_view what, const fs::path& path) {
  throw Failure(fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno)));
}

// A new file that only its owner can read, beside `final`; removed again unless it was given that name.
class Draft {
 public:
  explicit Draft(fs::path final) : final_(std::move(final)), path_(final_) {
    path_ += ".partial-" + identity::hex(identity::random_bytes(4));
    const int descriptor = ::open(path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0) cannot("make", path_);
    ::close(descriptor);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    std::error_code ignored;
    for (const char* more : {"", "-journal", "-wal", "-shm"})
      fs::remove(path_.string() + more, ignored);
  }
  const fs::path& path() const { return path_; }

  // On the disk, under its final name. A link, unlike a rename, never replaces what has come there meanwhile.
  void keep() {
    sync(path_, O_RDONLY);
    if (::link(path_.c_str(), final_.c_str()) != 0) cannot("make", final_);
    fs::remove(path_);
    const auto parent = fs::absolute(final_).parent_path();
    sync(parent, O_RDONLY | O_DIRECTORY);
  }

 private:
  static void sync(const fs::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    if (descriptor < 0) cannot("open", path);
    const bool done = ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!done) cannot("make durable", path);
  }

  fs::path final_;
  fs::path path_;
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
  Draft draft(file);
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
  Draft draft(database_file(data));
  {
    Connection to(draft.path(), Connection::Access::read_write);
    copy(from, to);
    // The key is overwritten, not only forgotten: it has a file of its own.
    to.run("PRAGMA secure_delete = ON");
    Transaction transaction(to);
    to.run("DROP TABLE backup");
    // Others refuse a descriptor older than one that they have seen (DESC-*); nobody publishes a million a backup.
    to.run("UPDATE domain SET descriptor_seq = descriptor_seq + 1000000");
    transaction.commit();
  }
  draft.keep();
}

}  // namespace pd::store::sqlite
