#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "identity/encoding.h"
#include "identity/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pd::store::sqlite {

// A prepared statement in use: bound, stepped, read; made ready for the next user when this object goes. Not copied,
// not kept.
class Query {
 public:
  Query(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  // Binds ?1, ?2, …; strings and hashes are referred to, not copied, so they must outlive the query. Throws Failure.
  template <class... Values>
  Query& bind(const Values&... values) {
    int at = 0;
    (bind_one(++at, values), ...);
    return *this;
  }

  // True: there is a row to read. Throws Failure.
  bool step();
  // For statements that give no row.
  void run() {
    while (step()) {
    }
  }

  bool null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  identity::Time time(int column) const { return identity::Time{identity::Seconds{integer(column)}}; }
  // Throws Failure when the column does not hold 32 bytes.
  identity::Hash hash(int column) const;

 private:
  template <class Value>
  void bind_one(int at, const Value& value) {
    if constexpr (std::is_same_v<Value, identity::Hash>)
      bind_blob(at, value);
    else if constexpr (std::is_same_v<Value, identity::Time>)
      bind_integer(at, value.time_since_epoch().count());
    else if constexpr (std::is_integral_v<Value>)
      bind_integer(at, static_cast<std::int64_t>(value));
    else
      bind_text(at, value);
  }
  void bind_blob(int at, identity::ByteView value);
  void bind_integer(int at, std::int64_t value);
  void bind_text(int at, std::string_view value);

  sqlite3* db_;
  sqlite3_stmt* statement_;
};

// One connection to a database file. Used by one thread at a time.
class Connection {
 public:
  enum class Access { read_write, read_only };

  // Opens an existing file and sets it up (synchronous=FULL, foreign keys, a busy timeout). Throws Failure.
  Connection(const std::filesystem::path& file, Access access);

  // A statement, prepared at first use and kept. `sql` must be a string literal: its address is its name.
  Query query(const char* sql);
  // Runs any number of statements, not kept.
  void run(const char* sql);
  // The first column of the first row, 0 without a row.
  std::int64_t integer(const char* sql);
  std::int64_t last_id() const;
  std::int64_t changes() const;
  bool in_transaction() const;

  sqlite3* native() const { return db_.get(); }

 private:
  struct Close {
    void operator()(sqlite3*) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt*) const;
  };
  std::unique_ptr<sqlite3, Close> db_;
  std::map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

// BEGIN IMMEDIATE … COMMIT; rolled back when it goes without commit().
class Transaction {
 public:
  explicit Transaction(Connection& db);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Connection& db_;
  bool open_ = true;
};

}  // namespace pd::store::sqlite
