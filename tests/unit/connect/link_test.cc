#include "connect/link.h"

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include "rig.h"

namespace pd::connect::test {
namespace {

using boost::asio::awaitable;
using boost::asio::detached;

constexpr std::size_t more_than_sockets_hold = 30'000'000;

// Both ends of a link over loopback, on the test's own thread.
class LinkOverTcp : public testing::Test {
 protected:
  LinkOverTcp() {
    auto dialled = rig.dial(olivier, gordon, {rig.endpoint()});
    rig.until([&] { return rig.claims.size() == 1; });
    one = std::move(*dialled);
    other = *std::move(rig.claims[0]).verify(rig.town.find(olivier));
  }

  // Runs it to its end; returns the error that it ended with.
  boost::system::error_code run(awaitable<void> what) {
    std::optional<boost::system::error_code> error;
    begin(std::move(what), error);
    rig.until([&] { return error.has_value(); });
    return *error;
  }
  void begin(awaitable<void> what, std::optional<boost::system::error_code>& error) {
    boost::asio::co_spawn(rig.io, std::move(what), [&error](const std::exception_ptr& failure) {
      try {
        if (failure) std::rethrow_exception(failure);
        error.emplace();
      } catch (const boost::system::system_error& thrown) {
        error = thrown.code();
      }
    });
  }

  static awaitable<void> write(Link& link, const std::string& bytes) { co_await link.write(bytes); }
  static awaitable<void> read_to_end(Link& link, std::string& got) {
    std::vector<char> buffer(10'000);
    while (const auto size = co_await link.read(buffer))
      got.append(buffer.data(), size);
  }
  static awaitable<void> read_once(Link& link, std::size_t& size) {
    std::vector<char> buffer(100'000);
    size = co_await link.read(buffer);
  }

  Rig rig;
  std::unique_ptr<Link> one;
  std::unique_ptr<Link> other;
  const std::string large = std::string(more_than_sockets_hold / 2, 'x') + std::string(more_than_sockets_hold / 2, 'y');
};

TEST_F(LinkOverTcp, CarriesBytesBothWaysAtOnceAndEnds) {
  std::string at_one;
  std::string at_other;
  std::optional<boost::system::error_code> one_read, other_read, one_wrote, other_wrote;
  begin(read_to_end(*one, at_one), one_read);
  begin(read_to_end(*other, at_other), other_read);
  begin(write(*one, large), one_wrote);
  begin(write(*other, large), other_wrote);
  rig.until([&] { return at_one.size() == large.size() && at_other.size() == large.size(); });
  EXPECT_EQ(at_one, large);
  EXPECT_EQ(at_other, large);
  other->close();
  rig.until([&] { return one_read && other_read; });
  EXPECT_FALSE(*one_read);
  EXPECT_EQ(other_read, boost::asio::error::operation_aborted);
  EXPECT_TRUE(one_wrote && other_wrote && !*one_wrote && !*other_wrote);
}

TEST_F(LinkOverTcp, ReadsWhatHasComeAtOnce) {
  const std::string bytes(40'000, 'x');  // three records
  ASSERT_FALSE(run(write(*other, bytes)));
  std::size_t size = 0;
  ASSERT_FALSE(run(read_once(*one, size)));
  EXPECT_EQ(size, bytes.size());
}

TEST_F(LinkOverTcp, ClosingEndsWhatIsUnderWay) {
  std::size_t size = 0;
  std::optional<boost::system::error_code> reading, writing;
  begin(read_once(*one, size), reading);
  begin(write(*one, large), writing);
  rig.io.run_for(std::chrono::milliseconds(50));
  ASSERT_FALSE(reading || writing);
  one->close();
  rig.until([&] { return reading && writing; });
  EXPECT_EQ(reading, boost::asio::error::operation_aborted);
  EXPECT_EQ(writing, boost::asio::error::operation_aborted);
}

TEST_F(LinkOverTcp, MayGoWhileAReadIsUnderWay) {
  std::size_t size = 0;
  std::optional<boost::system::error_code> reading;
  begin(read_once(*one, size), reading);
  rig.io.run_for(std::chrono::milliseconds(10));
  ASSERT_FALSE(run(write(*other, "x")));
  one.reset();  // the byte may have been noticed, and not yet read
  rig.until([&] { return reading.has_value(); });
  EXPECT_TRUE(*reading || size == 1);
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

TEST_F(LinkOverTcp, WritingToWhoHasGoneFails) {
  other->close();
  const auto keep_writing = [&](Link& link) -> awaitable<void> {
    for (;;)
      co_await link.write(large);
  };
  const auto error = run(keep_writing(*one));
  EXPECT_TRUE(error == boost::asio::error::broken_pipe || error == boost::asio::error::connection_reset) << error;
}

}  // namespace
}  // namespace pd::connect::test
