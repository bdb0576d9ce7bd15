#include "ops/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

namespace pd::ops {
namespace {

std::filesystem::path lock_file(const std::filesystem::path& data) {
  return data / "run.lock";
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& data) : file_(lock_file(data), O_CREAT | O_RDWR, 0600) {
  give_to_owner_of_directory(file_, lock_file(data));
  while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) throw Taken("another server runs with the data directory " + data.string());
    if (errno == EINTR) continue;
    throw FileError(lock_file(data).string() + ": cannot lock: " + std::generic_category().message(errno));
  }
}

}  // namespace pd::ops
