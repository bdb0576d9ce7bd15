#include "ops/run_lock.h"

#include <fcntl.h>

namespace pd::ops {
namespace {

std::filesystem::path lock_file(const std::filesystem::path& data) {
  return data / "run.lock";
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& data) : file_(lock_file(data), O_CREAT | O_RDWR, 0600) {
  give_to_owner_of_directory(file_, lock_file(data));
  if (!lock(file_, lock_file(data), Waiting::no))
    throw Taken("another server runs with the data directory " + data.string());
}

}  // namespace pd::ops
