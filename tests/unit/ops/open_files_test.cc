#include "ops/open_files.h"

#include <sys/resource.h>

#include <gtest/gtest.h>

namespace pd::ops {
namespace {

TEST(OpenFiles, AreRaisedToTheMostThereMayBe) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{256, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const std::size_t limit = raise_open_files();
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_GT(after.rlim_cur, 256u);
  EXPECT_EQ(limit, after.rlim_cur);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(OpenFiles, BoundTheConnections) {
  EXPECT_EQ(connections_within(65'536, 20'000), 20'000u);
  EXPECT_EQ(connections_within(4'096, 20'000), 2'896u);
  EXPECT_EQ(connections_within(1'264, 20'000), 64u);
  EXPECT_EQ(connections_within(256, 20'000), 64u);
  EXPECT_EQ(connections_within(256, 16), 16u);
}

}  // namespace
}  // namespace pd::ops
