#include "store/sqlite/connection.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/store.h"

namespace pd::store::sqlite {
namespace {

// How long to wait while another process (an administrator's command) holds the write lock.
constexpr int busy_milliseconds = 5'000;

[[noreturn]] void fail(sqlite3* db, std::string_view doing) {
  const int code = sqlite3_errcode(db);
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    throw Failure(fmt::format("{} is {}", sqlite3_db_filename(db, "main"),
                              code == SQLITE_CORRUPT ? "damaged: restore a backup" : "no database, or damaged"));
  throw Failure(fmt::format("database: {}: {} ({})", doing, sqlite3_errmsg(db), sqlite3_extended_errcode(db)));
}

}  // namespace

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(db_, sqlite3_sql(statement_));
  return code == SQLITE_ROW;
}

bool Query::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Query::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? std::string()
                          : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

identity::Hash Query::hash(int column) const {
  identity::Hash hash;
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr || sqlite3_column_bytes(statement_, column) != static_cast<int>(hash.size()))
    throw Failure(fmt::format("database: column {} of {} is not a hash", column, sqlite3_sql(statement_)));
  std::copy_n(bytes, hash.size(), hash.begin());
  return hash;
}

void Query::bind_blob(int at, identity::ByteView value) {
  if (sqlite3_bind_blob64(statement_, at, value.data(), value.size(), SQLITE_STATIC) != SQLITE_OK) fail(db_, "bind");
}

void Query::bind_integer(int at, std::int64_t value) {
  if (sqlite3_bind_int64(statement_, at, value) != SQLITE_OK) fail(db_, "bind");
}

void Query::bind_text(int at, std::string_view value) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = value.empty() ? "" : value.data();
  if (sqlite3_bind_text64(statement_, at, data, value.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
    fail(db_, "bind");
}

void Connection::Close::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}
void Connection::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Connection::Connection(const std::filesystem::path& file, Access access) {
  // NOMUTEX: no connection is ever used by two threads at once.
  const int flags = (access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK) {
    const int cause = db == nullptr ? 0 : sqlite3_system_errno(db);
    throw Failure(fmt::format("cannot open {}: {}", file.string(),
                              cause == 0 ? sqlite3_errstr(code) : std::generic_category().message(cause)));
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_milliseconds);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  run("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;");
  if (access == Access::read_only) return;
  // FULL: a commit is on the disk before it returns. NORMAL could lose the last ones with the power.
  // What is deleted is overwritten: Debian builds SQLite like that, others do not.
  run("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON;");
}

Query Connection::query(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr) != SQLITE_OK)
      fail(db_.get(), sql);
    statement.reset(made);
  }
  return Query(db_.get(), statement.get());
}

void Connection::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db_.get(), sql);
}

std::int64_t Connection::integer(const char* sql) {
  Query row = query(sql);
  return row.step() ? row.integer(0) : 0;
}

std::int64_t Connection::last_id() const {
  return sqlite3_last_insert_rowid(db_.get());
}
std::int64_t Connection::changes() const {
  return sqlite3_changes(db_.get());
}
bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(db_.get()) == 0;
}

Transaction::Transaction(Connection& db) : db_(db) {
  db_.query("BEGIN IMMEDIATE").run();
}

Transaction::~Transaction() {
  // Some failures (disk full, I/O) end the transaction by themselves.
  if (!open_ || !db_.in_transaction()) return;
  try {
    db_.query("ROLLBACK").run();
  } catch (const Failure&) {
    // The failure that brought us here is already on its way; the next BEGIN tells if the connection is of no use.
  }
}

void Transaction::commit() {
  db_.query("COMMIT").run();
  open_ = false;
}

}  // namespace pd::store::sqlite
