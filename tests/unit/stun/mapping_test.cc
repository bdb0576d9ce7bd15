#include "stun/mapping.h"

#include <vector>

#include <gtest/gtest.h>

namespace pd::stun {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::make_address;

const std::vector<address> own = {make_address("127.0.0.1"), make_address("10.1.0.2")};

Observation seen(std::uint16_t server_port, const char* mapped, std::uint16_t port) {
  return {{make_address("203.0.113.1"), server_port}, {make_address(mapped), port}};
}

Mapping kind(const std::vector<Observation>& observations) {
  return mapping_of(observations, own, 4433);
}

TEST(StunMapping, IsToldFromWhatTwoPortsSaw) {
  EXPECT_EQ(kind({seen(3478, "10.1.0.2", 4433), seen(3479, "10.1.0.2", 4433)}), Mapping::none);
  EXPECT_EQ(kind({seen(3478, "203.0.113.11", 4433), seen(3479, "203.0.113.11", 4433)}), Mapping::endpoint_independent);
  EXPECT_EQ(kind({seen(3478, "203.0.113.11", 7000), seen(3479, "203.0.113.11", 7000)}), Mapping::endpoint_independent);
  EXPECT_EQ(kind({seen(3478, "203.0.113.11", 7000), seen(3479, "203.0.113.11", 7001)}), Mapping::dependent);
  EXPECT_EQ(kind({seen(3478, "203.0.113.11", 7000), seen(3479, "203.0.113.12", 7000)}), Mapping::dependent);
  EXPECT_EQ(kind({seen(3478, "10.1.0.2", 4434), seen(3479, "10.1.0.2", 4434)}), Mapping::endpoint_independent)
      << "a translation that changes only the port";
}

TEST(StunMapping, IsNotGuessed) {
  EXPECT_EQ(kind({}), Mapping::unknown);
  EXPECT_EQ(kind({seen(3478, "203.0.113.11", 4433)}), Mapping::unknown);
  EXPECT_EQ(kind({seen(3478, "203.0.113.11", 4433), seen(3478, "203.0.113.11", 4433)}), Mapping::unknown)
      << "one server, asked twice";
  EXPECT_EQ(kind({seen(3478, "10.1.0.2", 4433)}), Mapping::none) << "one is enough to see that nothing translates";
}

}  // namespace
}  // namespace pd::stun
