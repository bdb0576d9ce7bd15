#include "federation/guard.h"

#include <ostream>

#include <gtest/gtest.h>

namespace pd::federation {
namespace {

struct AddressCase {
  const char* address;
  bool is_public;
};

void PrintTo(const AddressCase& it, std::ostream* out) {
  *out << it.address;
}

class Guard : public ::testing::TestWithParam<AddressCase> {};

TEST_P(Guard, LetsOnlyPublicAddressesThrough) {
  const auto address = boost::asio::ip::make_address(GetParam().address);
  EXPECT_EQ(is_public(address), GetParam().is_public) << GetParam().address;
}

INSTANTIATE_TEST_SUITE_P(
    V4, Guard,
    ::testing::Values(
        AddressCase{"0.0.0.0", false}, AddressCase{"0.1.2.3", false}, AddressCase{"1.0.0.1", true},
        AddressCase{"9.255.255.255", true}, AddressCase{"10.0.0.1", false}, AddressCase{"10.255.255.255", false},
        AddressCase{"11.0.0.0", true}, AddressCase{"100.63.255.255", true}, AddressCase{"100.64.0.1", false},
        AddressCase{"100.127.255.255", false}, AddressCase{"100.128.0.0", true}, AddressCase{"127.0.0.1", false},
        AddressCase{"127.255.255.254", false}, AddressCase{"169.254.169.254", false},
        AddressCase{"169.253.255.255", true}, AddressCase{"172.15.255.255", true}, AddressCase{"172.16.0.1", false},
        AddressCase{"172.31.255.255", false}, AddressCase{"172.32.0.0", true}, AddressCase{"192.0.0.8", false},
        AddressCase{"192.0.1.1", true}, AddressCase{"192.0.2.1", false}, AddressCase{"192.88.99.1", false},
        AddressCase{"192.167.255.255", true}, AddressCase{"192.168.0.1", false}, AddressCase{"192.169.0.0", true},
        AddressCase{"198.17.255.255", true}, AddressCase{"198.18.0.1", false}, AddressCase{"198.19.255.255", false},
        AddressCase{"198.51.100.7", false}, AddressCase{"203.0.113.7", false}, AddressCase{"223.255.255.255", true},
        AddressCase{"224.0.0.1", false}, AddressCase{"239.255.255.255", false}, AddressCase{"240.0.0.1", false},
        AddressCase{"255.255.255.255", false}, AddressCase{"8.8.8.8", true}));

INSTANTIATE_TEST_SUITE_P(V6, Guard,
                         ::testing::Values(AddressCase{"::", false}, AddressCase{"::1", false},
                                           AddressCase{"2606:4700::1111", true}, AddressCase{"2a00:1450::1", true},
                                           AddressCase{"fe80::1", false}, AddressCase{"fe80::1%1", false},
                                           AddressCase{"febf::1", false}, AddressCase{"fec0::1", false},
                                           AddressCase{"fc00::1", false}, AddressCase{"fd12:3456::1", false},
                                           AddressCase{"ff02::1", false}, AddressCase{"ff0e::1", false},
                                           AddressCase{"100::1", false}, AddressCase{"2001:db8::1", false},
                                           AddressCase{"2001:0:1::1", false},  // Teredo
                                           AddressCase{"2001:10::1", false}, AddressCase{"2001:2::1", false},
                                           AddressCase{"2001:200::1", true}, AddressCase{"3fff::1", false},
                                           AddressCase{"3fff:fff::1", false}, AddressCase{"3fff:1000::1", true},
                                           AddressCase{"4000::1", false}, AddressCase{"5f00::1", false}));

INSTANTIATE_TEST_SUITE_P(
    V4InsideV6, Guard,
    ::testing::Values(AddressCase{"::ffff:127.0.0.1", false}, AddressCase{"::ffff:10.0.0.1", false},
                      AddressCase{"::ffff:169.254.169.254", false}, AddressCase{"::ffff:8.8.8.8", true},  // mapped
                      AddressCase{"::127.0.0.1", false}, AddressCase{"::8.8.8.8", false},  // compatible: no longer used
                      AddressCase{"64:ff9b::127.0.0.1", false}, AddressCase{"64:ff9b::192.168.1.1", false},
                      AddressCase{"64:ff9b::8.8.8.8", true},     // NAT64
                      AddressCase{"64:ff9b:1::8.8.8.8", false},  // local NAT64
                      AddressCase{"2002:7f00:1::1", false}, AddressCase{"2002:c0a8:101::1", false},
                      AddressCase{"2002:808:808::1", true}));  // 6to4

}  // namespace
}  // namespace pd::federation
