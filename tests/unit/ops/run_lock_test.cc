#include "ops/run_lock.h"

#include <optional>

#include <gtest/gtest.h>

namespace pd::ops {
namespace {

TEST(RunLock, IsOfOneAtATime) {
  std::string folder = std::filesystem::temp_directory_path() / "pd-run-lock-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  {
    std::optional<RunLock> first(folder);
    EXPECT_THROW(RunLock{folder}, RunLock::Taken);
    first.reset();
    EXPECT_NO_THROW(RunLock{folder});
  }
  std::filesystem::remove_all(folder);
  EXPECT_THROW(RunLock{folder}, FileError);
}

}  // namespace
}  // namespace pd::ops
