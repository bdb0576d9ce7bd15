#include "stun/desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "message.h"

namespace pd::stun_server {
namespace {

using boost::asio::ip::make_address;
using testing::HasSubstr;

std::optional<std::size_t> ask(Desk& desk, const char* from, const Buffer& request = usual_request()) {
  std::array<std::uint8_t, most_request_bytes> into;
  return desk.answer(Desk::Transport::udp, request, {make_address(from), 4433}, into);
}

TEST(StunDesk, CountsByNetwork) {
  ops::Metrics metrics;
  Desk desk({0.001, 2}, 100, metrics);
  EXPECT_EQ(ask(desk, "198.51.100.4"), 40u);
  EXPECT_EQ(ask(desk, "::ffff:198.51.100.4"), 40u);
  EXPECT_EQ(ask(desk, "198.51.100.4"), std::nullopt);
  EXPECT_EQ(ask(desk, "198.51.100.5"), 40u);
  EXPECT_EQ(ask(desk, "2001:db8::1"), 52u);
  EXPECT_EQ(ask(desk, "2001:db8:0:ff::1"), 52u) << "the same /56";
  EXPECT_EQ(ask(desk, "2001:db8::2"), std::nullopt);
  EXPECT_THAT(metrics.text(), HasSubstr("pd_stun_requests_total{transport=\"udp\",outcome=\"success\"} 5\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("pd_stun_requests_total{transport=\"udp\",outcome=\"limited\"} 2\n"));
}

TEST(StunDesk, CountsNothingThatGetsNoAnswer) {
  ops::Metrics metrics;
  Desk desk({0.001, 1}, 100, metrics);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(ask(desk, "198.51.100.4", message(1)), 0u);
  EXPECT_EQ(ask(desk, "198.51.100.4"), 40u);
  EXPECT_THAT(metrics.text(), HasSubstr("outcome=\"silence\"} 10\n"));
}

}  // namespace
}  // namespace pd::stun_server
