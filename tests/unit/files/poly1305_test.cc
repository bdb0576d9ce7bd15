#include "files/poly1305.h"

#include <gtest/gtest.h>

#include <string_view>

#include "identity/encoding.h"

namespace pd::files {
namespace {

// RFC 8439, section 2.5.2
constexpr Poly1305::Key key = {0x85, 0xd6, 0xbe, 0x78, 0x57, 0x55, 0x6d, 0x33, 0x7f, 0x44, 0x52,
                               0xfe, 0x42, 0xd5, 0x06, 0xa8, 0x01, 0x03, 0x80, 0x8a, 0xfb, 0x0d,
                               0xb2, 0xfd, 0x4a, 0xbf, 0xf6, 0xaf, 0x41, 0x49, 0xf5, 0x1b};
constexpr std::string_view message = "Cryptographic Forum Research Group";
constexpr auto tag = "a8061dc1305136c6c22b8baf0c0127a9";

TEST(Poly1305, IsThatOfTheRfc) {
  Poly1305 sum(key);
  sum.add(message.data(), message.size());
  EXPECT_EQ(identity::hex(sum.so_far()), tag);
}

TEST(Poly1305, GoesOnAfterEachPart) {
  Poly1305 sum(key);
  for (const char& c : message) {
    sum.so_far();
    sum.add(&c, 1);
  }
  EXPECT_EQ(identity::hex(sum.so_far()), tag);
}

TEST(Poly1305, BeginsAnew) {
  Poly1305 sum(key);
  const auto of_nothing = sum.so_far();
  sum.add("x", 1);
  EXPECT_NE(sum.so_far(), of_nothing);
  sum.restart();
  sum.add(message.data(), message.size());
  EXPECT_EQ(identity::hex(sum.so_far()), tag);
}

TEST(Poly1305, KeysDiffer) {
  EXPECT_NE(random_key(), random_key());
}

}  // namespace
}  // namespace pd::files
