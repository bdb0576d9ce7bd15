#include "directory/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "directory/failure.h"

namespace pd::directory {
namespace {

constexpr int busy_timeout_ms = 5'000;

// SQLite gives its -wal and -shm files the mode of the main one, so that one is made first, for the owner alone. A file
// that is there is not opened: closing it would let go of the locks that another connection of this process has on it
// (fcntl(2)), and whoever else closes the file then would take the log away from under that connection.
void make_private_file(const std::filesystem::path& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) {
    ::close(made);
  } else if (errno != EEXIST || std::filesystem::is_symlink(std::filesystem::symlink_status(file))) {
    throw Failure(Kind::failed, "cannot open " + file.string());
  }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK)
    throw Failure(Kind::failed, std::string("cannot use the database: ") + sqlite3_errmsg(database_));
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(identity::ByteView blob) {
  check(sqlite3_bind_blob64(statement_.get(), ++bound_, blob.data(), blob.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, number));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  check(code == SQLITE_DONE ? SQLITE_OK : code);
  return false;
}

std::string Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

identity::Bytes Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data == nullptr ? identity::Bytes() : identity::Bytes(data, data + size);
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Database::Database(const std::filesystem::path& file, std::span<const std::string_view> migrations) : file_(file) {
  make_private_file(file);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
  database_.reset(opened);
  if (code != SQLITE_OK) throw Failure(Kind::failed, "cannot open " + file.string() + ": " + sqlite3_errstr(code));
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
  migrate(migrations);
}

void Database::migrate(std::span<const std::string_view> migrations) {
  Transaction transaction(*this);
  std::size_t version = 0;
  {
    auto query = prepare("PRAGMA user_version");
    query.step();
    version = static_cast<std::size_t>(query.number(0));
  }
  if (version > migrations.size())
    throw Failure(Kind::failed, file_.string() + " was written by a newer pdctl", "use that one");
  for (; version < migrations.size(); ++version)
    run(migrations[version]);
  run("PRAGMA user_version = " + std::to_string(version));
  transaction.commit();
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  Statement prepared(database_.get(), statement);
  prepared.check(code);
  return prepared;
}

void Database::run(std::string_view sql) {
  const int code = sqlite3_exec(database_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    throw Failure(Kind::failed, "cannot use " + file_.string() + ": " + sqlite3_errmsg(database_.get()));
}

std::int64_t Database::changes() const {
  return sqlite3_changes(database_.get());
}

Transaction::Transaction(Database& database) : database_(&database) {
  database.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  try {
    database_->run("ROLLBACK");
  } catch (const Failure&) {  // it is undone when the file is opened next
  }
}

void Transaction::commit() {
  std::exchange(database_, nullptr)->run("COMMIT");
}

}  // namespace pd::directory
