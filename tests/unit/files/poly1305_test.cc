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
  sum.add(message);
  EXPECT_EQ(identity::hex(sum.so_far()), tag);
}

TEST(Poly1305, IsThatOfThePage) {  // schema/spec/files.md, whose example has the same key
  Poly1305 sum(key);
  sum.add("Hello, ");
  EXPECT_EQ(identity::hex(sum.so_far()), "a8a6c39e1893897747c97ea7e1250972");  // vector accept-resume
  sum.add("Gordon.");
  EXPECT_EQ(identity::hex(sum.so_far()), "1a59d4c9dfe1e69887589c461bbf0f2f");
}

TEST(Poly1305, GoesOnAfterEachPart) {
  Poly1305 sum(key);
  for (const char& c : message) {
    sum.so_far();
    sum.add({&c, 1});
  }
  EXPECT_EQ(identity::hex(sum.so_far()), tag);
}

TEST(Poly1305, BeginsAnew) {
  Poly1305 sum(key);
  const auto of_nothing = sum.so_far();
  sum.add("x");
  EXPECT_NE(sum.so_far(), of_nothing);
  sum.restart();
  sum.add(message);
  EXPECT_EQ(identity::hex(sum.so_far()), tag);
}

TEST(Poly1305, KeysDiffer) {
  EXPECT_NE(Poly1305::random_key(), Poly1305::random_key());
}

}  // namespace
}  // namespace pd::files
