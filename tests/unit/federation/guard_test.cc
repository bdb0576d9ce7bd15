#include "federation/guard.h"

#include <ostream>

#include <gtest/gtest.h>

namespace pd::federation {
namespace {

struct Case {
  const char* address;
  bool is_public;
};

void PrintTo(const Case& it, std::ostream* out) {
  *out << it.address;
}

class Guard : public ::testing::TestWithParam<Case> {};

TEST_P(Guard, LetsOnlyPublicAddressesThrough) {
  const auto address = boost::asio::ip::make_address(GetParam().address);
  EXPECT_EQ(is_public(address), GetParam().is_public) << GetParam().address;
}

INSTANTIATE_TEST_SUITE_P(
    V4, Guard,
    ::testing::Values(Case{"0.0.0.0", false}, Case{"0.1.2.3", false}, Case{"1.0.0.1", true},
                      Case{"9.255.255.255", true}, Case{"10.0.0.1", false}, Case{"10.255.255.255", false},
                      Case{"11.0.0.0", true}, Case{"100.63.255.255", true}, Case{"100.64.0.1", false},
                      Case{"100.127.255.255", false}, Case{"100.128.0.0", true}, Case{"127.0.0.1", false},
                      Case{"127.255.255.254", false}, Case{"169.254.169.254", false}, Case{"169.253.255.255", true},
                      Case{"172.15.255.255", true}, Case{"172.16.0.1", false}, Case{"172.31.255.255", false},
                      Case{"172.32.0.0", true}, Case{"192.0.0.8", false}, Case{"192.0.1.1", true},
                      Case{"192.0.2.1", false}, Case{"192.88.99.1", false}, Case{"192.167.255.255", true},
                      Case{"192.168.0.1", false}, Case{"192.169.0.0", true}, Case{"198.17.255.255", true},
                      Case{"198.18.0.1", false}, Case{"198.19.255.255", false}, Case{"198.51.100.7", false},
                      Case{"203.0.113.7", false}, Case{"223.255.255.255", true}, Case{"224.0.0.1", false},
                      Case{"239.255.255.255", false}, Case{"240.0.0.1", false}, Case{"255.255.255.255", false},
                      Case{"8.8.8.8", true}));

INSTANTIATE_TEST_SUITE_P(V6, Guard,
                         ::testing::Values(Case{"::", false}, Case{"::1", false}, Case{"2606:4700::1111", true},
                                           Case{"2a00:1450::1", true}, Case{"fe80::1", false}, Case{"fe80::1%1", false},
                                           Case{"febf::1", false}, Case{"fec0::1", false}, Case{"fc00::1", false},
                                           Case{"fd12:3456::1", false}, Case{"ff02::1", false}, Case{"ff0e::1", false},
                                           Case{"100::1", false}, Case{"2001:db8::1", false},
                                           Case{"2001:0:1::1", false},  // Teredo
                                           Case{"2001:10::1", false}, Case{"2001:2::1", false},
                                           Case{"2001:200::1", true}, Case{"3fff::1", false},
                                           Case{"3fff:fff::1", false}, Case{"3fff:1000::1", true},
                                           Case{"4000::1", false}, Case{"5f00::1", false}));

INSTANTIATE_TEST_SUITE_P(V4InsideV6, Guard,
                         ::testing::Values(Case{"::ffff:127.0.0.1", false}, Case{"::ffff:10.0.0.1", false},
                                           Case{"::ffff:169.254.169.254", false},
                                           Case{"::ffff:8.8.8.8", true},  // mapped
                                           Case{"::127.0.0.1", false},
                                           Case{"::8.8.8.8", false},  // compatible: no longer used
                                           Case{"64:ff9b::127.0.0.1", false}, Case{"64:ff9b::192.168.1.1", false},
                                           Case{"64:ff9b::8.8.8.8", true},     // NAT64
                                           Case{"64:ff9b:1::8.8.8.8", false},  // local NAT64
                                           Case{"2002:7f00:1::1", false}, Case{"2002:c0a8:101::1", false},
                                           Case{"2002:808:808::1", true}));  // 6to4

}  // namespace
}  // namespace pd::federation
