#pragma once

#include <cstdint>
#include <filesystem>

#include "store/sqlite/connection.h"

namespace pd::store::sqlite {

// Notices what SQLite does not while it has pages in memory and the file open: another file in the place of the
// database, which would be all that is there after a restart, and one that was cut short. One thread at a time.
class FileWatch {
 public:
  explicit FileWatch(std::filesystem::path file);

  // `db` is a connection to that file. Throws Failure when it was replaced or has ever shrunk: a database that is
  // written to only grows, and one that was cut short does not become whole by growing again.
  void check(Connection& db);

 private:
  std::filesystem::path file_;
  std::uintmax_t size_;  // the largest so far
  bool shrunk_ = false;
};

}  // namespace pd::store::sqlite
