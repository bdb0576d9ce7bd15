#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "identity/encoding.h"
#include "identity/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pd::directory {

class Database;

// One prepared statement: bind in the order of the question marks, then step. A step that returns true stands on a row.
class Statement {
 public:
  Statement& bind(std::string_view text);
  Statement& bind(identity::ByteView blob);
  Statement& bind(std::int64_t number);
  Statement& bind(identity::Time time) { return bind(static_cast<std::int64_t>(time.time_since_epoch().count())); }

  bool step();

  std::string text(int column) const;
  identity::Bytes blob(int column) const;
  std::int64_t number(int column) const;
  identity::Time time(int column) const { return identity::Time(identity::Seconds(number(column))); }
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt*) const;
  };
  Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  void check(int code) const;
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

// An SQLite file of the home directory, mode 0600, WAL, synchronous=FULL: what a statement wrote is durable when it is
// done. One thread at a time; several processes may share the file. Every function throws Failure.
class Database {
 public:
  // Opens or makes `file`, and applies those of `migrations` (number 1, 2, …) that it has not seen yet, each in a
  // transaction. Refuses a file that knows more migrations than these.
  Database(const std::filesystem::path& file, std::span<const std::string_view> migrations);

  Statement prepare(std::string_view sql);
  void run(std::string_view sql);  // any number of statements without results
  std::int64_t changes() const;    // rows that the last statement wrote

 private:
  struct Close {
    void operator()(sqlite3*) const;
  };
  void migrate(std::span<const std::string_view> migrations);
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> database_;
};

// Undoes what was done since it was made, unless commit() is called.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  void commit();

 private:
  Database* database_;
};

}  // namespace pd::directory
