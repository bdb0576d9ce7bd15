#include "ops/open_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace pd::ops {
namespace {

constexpr std::size_t kept = 1'200;
constexpr std::size_t fewest = 64;  // better than none, however small the limit

}  // namespace

std::size_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  // Where the system takes less than it says (macOS), what was there remains.
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<std::size_t>::max() : limit.rlim_cur;
}

std::size_t connections_within(std::size_t limit, std::size_t wanted) {
  const std::size_t room = limit > kept ? limit - kept : 0;
  return std::min(wanted, std::max(room, fewest));
}

}  // namespace pd::ops
