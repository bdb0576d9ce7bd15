#include "connect/link.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include "rig.h"

namespace pd::connect::test {
namespace {

using boost::asio::awaitable;
using boost::system::error_code;

constexpr std::size_t more_than_sockets_hold = 30'000'000;

// Both ends of a link over loopback, on the test's own thread.
class LinkOverTcp : public testing::Test {
 protected:
  void SetUp() override {
    auto dialled = rig.dial(olivier, gordon, {rig.endpoint()});
    ASSERT_TRUE(dialled);
    rig.until([&] { return rig.claims.size() == 1; });
    auto answered = std::move(rig.claims.at(0)).verify(rig.town.find(olivier));
    ASSERT_TRUE(answered);
    one = *std::move(dialled);
    other = *std::move(answered);
  }

  Ending begin(awaitable<void> what) { return test::begin(rig.io, std::move(what)); }
  error_code end_of(const Ending& ending) { return test::end_of(rig.io, ending); }
  error_code run(awaitable<void> what) { return end_of(begin(std::move(what))); }
  void settle() { test::settle(rig.io); }

  static awaitable<void> write(Link& link, std::string bytes) { co_await link.write(bytes); }
  static awaitable<void> read_to_end(Link& link, std::string& got) {
    std::vector<char> buffer(10'000);
    std::size_t size = 1;
    while (size > 0) {
      size = co_await link.read(buffer);
      got.append(buffer.data(), size);
    }
  }
  static awaitable<void> read_once(Link& link, std::size_t& size) {
    std::vector<char> buffer(100'000);
    size = co_await link.read(buffer);
  }

  Rig rig;
  std::unique_ptr<Link> one;
  std::unique_ptr<Link> other;
  const std::string large = std::string(more_than_sockets_hold / 2, 'x') + std::string(more_than_sockets_hold / 2, 'y');
  const std::string three_records = std::string(40'000, 'x');
};

TEST_F(LinkOverTcp, CarriesBytesBothWaysAtOnceAndEnds) {
  std::string at_one;
  std::string at_other;
  const auto one_reads = begin(read_to_end(*one, at_one));
  const auto other_reads = begin(read_to_end(*other, at_other));
  const auto one_writes = begin(write(*one, large));
  const auto other_writes = begin(write(*other, large));
  rig.until([&] { return at_one.size() == large.size() && at_other.size() == large.size(); });
  EXPECT_EQ(at_one, large);
  EXPECT_EQ(at_other, large);
  EXPECT_FALSE(end_of(one_writes));
  EXPECT_FALSE(end_of(other_writes));
  other->close();
  EXPECT_FALSE(end_of(one_reads));
  EXPECT_EQ(end_of(other_reads), boost::asio::error::operation_aborted);
}

TEST_F(LinkOverTcp, ReadsWhatHasComeAtOnce) {
  ASSERT_FALSE(run(write(*other, three_records)));
  std::size_t size = 0;
  ASSERT_FALSE(run(read_once(*one, size)));
  EXPECT_EQ(size, three_records.size());
}

TEST_F(LinkOverTcp, AnEndThatComesWithTheLastBytesIsNotLost) {
  ASSERT_FALSE(run(write(*other, three_records)));
  other->close();
  std::string got;
  EXPECT_FALSE(run(read_to_end(*one, got)));
  EXPECT_EQ(got, three_records);
  EXPECT_FALSE(run(read_to_end(*one, got)));  // it stays the end
}

TEST_F(LinkOverTcp, WritingToWhoHasGoneFails) {
  const auto keep_writing = [&](Link& link) -> awaitable<void> {
    for (;;)
      co_await link.write(large);
  };
  ASSERT_FALSE(run(write(*other, three_records)));
  other->close();
  std::size_t size = 0;
  ASSERT_FALSE(run(read_once(*one, size)));  // with which it has seen the end
  const auto error = run(keep_writing(*one));
  EXPECT_TRUE(error == boost::asio::error::broken_pipe || error == boost::asio::error::connection_reset) << error;
  EXPECT_EQ(run(write(*one, "x")), error);
}

TEST_F(LinkOverTcp, ClosingEndsWhatIsUnderWay) {
  std::size_t size = 0;
  const auto reading = begin(read_once(*one, size));
  const auto writing = begin(write(*one, large));
  settle();
  ASSERT_FALSE(*reading || *writing);
  one->close();
  EXPECT_EQ(end_of(reading), boost::asio::error::operation_aborted);
  EXPECT_EQ(end_of(writing), boost::asio::error::operation_aborted);
  EXPECT_EQ(run(read_once(*one, size)), boost::asio::error::operation_aborted);
  EXPECT_EQ(run(write(*one, "x")), boost::asio::error::operation_aborted);
}

TEST_F(LinkOverTcp, WhatHasComeIsNotReadAfterClosing) {
  ASSERT_FALSE(run(write(*other, three_records)));
  const auto read_and_close = [&](Link& link) -> awaitable<void> {
    char byte = 0;
    co_await link.read({&byte, 1});
    link.close();
    co_await link.read({&byte, 1});
  };
  EXPECT_EQ(run(read_and_close(*one)), boost::asio::error::operation_aborted);
}

TEST_F(LinkOverTcp, MayGoWhileItIsUsed) {
  std::size_t size = 0;
  const auto reading = begin(read_once(*one, size));
  const auto writing = begin(write(*one, large));
  settle();
  one.reset();
  EXPECT_EQ(end_of(reading), boost::asio::error::operation_aborted);
  EXPECT_EQ(end_of(writing), boost::asio::error::operation_aborted);
}

TEST_F(LinkOverTcp, LetsOthersHaveTheirTurn) {
  ASSERT_FALSE(run(write(*other, "abc")));
  int turns = 0;
  const auto read_two = [&](Link& link) -> awaitable<void> {
    char byte = 0;
    for (int i = 1; i <= 2; ++i) {
      boost::asio::post(rig.io, [&] { ++turns; });
      co_await link.read({&byte, 1});
      EXPECT_EQ(turns, i);
    }
    boost::asio::post(rig.io, [&] { ++turns; });
    co_await link.write("x");
    EXPECT_EQ(turns, 3);
  };
  EXPECT_FALSE(run(read_two(*one)));
}

}  // namespace
}  // namespace pd::connect::test
