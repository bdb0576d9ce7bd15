#include "store/sqlite/file_watch.h"

#include <system_error>

#include <sqlite3.h>

#include "store/store.h"

namespace pd::store::sqlite {
namespace {

// Never open(2): to close a descriptor of the file would take away the locks that SQLite has on it (POSIX fcntl).
std::uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

}  // namespace

FileWatch::FileWatch(std::filesystem::path file) : file_(std::move(file)), size_(size_of(file_)) {}

void FileWatch::check(Connection& db) {
  int moved = 0;
  sqlite3_file_control(db.native(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0) throw Failure(file_.string() + " is not the file any more that was opened");
  const auto size = size_of(file_);
  shrunk_ = shrunk_ || size < size_;
  if (shrunk_) throw Failure(file_.string() + " was cut short while it was in use");
  size_ = size;
}

}  // namespace pd::store::sqlite
