#include "session/text.h"

#include <string>

#include <gtest/gtest.h>

namespace pd::session {
namespace {

const std::string fffd = "\xef\xbf\xbd";

TEST(Text, OfPeopleIsLeftAlone) {
  for (const std::string text : {"Hello, Gordon.", "Größe 東京 עברית", "👩‍🔬", "नमस्‌ते", ""}) {
    EXPECT_EQ(one_safe_line(text), text);
  }
}

TEST(Text, CommandsNoTerminal) {
  EXPECT_EQ(one_safe_line("\x1b[31mred\x07"), fffd + "[31mred" + fffd);
  EXPECT_EQ(one_safe_line("\xc2\x9b"
                          "2J"),
            fffd + "2J");  // CSI as one C1 control
  EXPECT_EQ(one_safe_line(std::string("\0\x7f\r\x08", 4)), fffd + fffd + fffd + fffd);
}

TEST(Text, IsOneLine) {
  EXPECT_EQ(one_safe_line("a\nolivier@example.org\tforged"), "a\u21b5olivier@example.org forged");
  EXPECT_EQ(one_safe_line("a\u2028b\u2029c\u0085"), "a" + fffd + "b" + fffd + "c" + fffd);
}

TEST(Text, IsReadInTheOrderItIsShown) {
  for (const std::string control : {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068",
                                    "\u2069", "\u200e", "\u200f", "\u061c"}) {
    EXPECT_EQ(one_safe_line("a" + control + "b"), "a" + fffd + "b");
  }
}

TEST(Text, HidesNothing) {
  for (const std::string hidden :
       {"\u200b", "\u2060", "\ufeff", "\u00ad", "\u180e", "\U0001d173", "\U000e0041", "\ufff9"}) {
    EXPECT_EQ(one_safe_line(hidden), fffd);
  }
}

TEST(Text, ThatIsNotUtf8IsReplacedByteByByte) {
  EXPECT_EQ(one_safe_line("a\xff"
                          "b\xc3"),
            "a" + fffd + "b" + fffd);
  EXPECT_EQ(one_safe_line("\xc0\x9b"), fffd + fffd);             // an overlong control
  EXPECT_EQ(one_safe_line("\xed\xa0\x80"), fffd + fffd + fffd);  // a surrogate
}

}  // namespace
}  // namespace pd::session
