#include "identity/text.h"

#include <gtest/gtest.h>

#include <string>

namespace pd::identity {
namespace {

TEST(Text, IsTakenApartPointByPoint) {
  std::string_view text = "a\u00e9\u20ac\U0001f600";
  for (const char32_t point : {U'a', U'\u00e9', U'\u20ac', U'\U0001f600'})
    EXPECT_EQ(next_code_point(text), point);
  EXPECT_TRUE(text.empty());
}

TEST(Text, StaysWhereItIsNotUtf8) {
  std::string_view text = "\xe2\x82";
  EXPECT_FALSE(next_code_point(text));
  EXPECT_EQ(text, "\xe2\x82");
}

TEST(Text, HasOneSpellingInUtf8) {
  EXPECT_TRUE(is_utf8("a\u00e9\u20ac\U0001f600"));
  EXPECT_TRUE(is_utf8(""));
  for (const std::string text : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                                 "\xf5\x80\x80\x80", "\xe2\x82", "\xed\xbf\xbf"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_FALSE(is_printable(text));
  }
}

TEST(Text, IsPrintableWhenItShowsAsWhatItIs) {
  EXPECT_TRUE(is_printable(""));
  EXPECT_TRUE(is_printable("Gordon Freeman, \u043a\u043d\u0438\u0433\u0430"));
  for (const std::string text : {" a", "a ", "a\nb", "\x1b[31m", "\u009b31m", "a\u202eb", "a\u180eb", "\U0001d173"})
    EXPECT_FALSE(is_printable(text));
  for (const std::string blank :
       {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u200b", "\u2800", "\u3164", "\ufeff", "\uffa0"})
    EXPECT_FALSE(is_printable("a" + blank + "b"));
  for (const std::string shown : {"\u0350", "\u1161", "\u17b6", "\u2801", "\u3165", "\uffa1", "\u200d"})
    EXPECT_TRUE(is_printable("a" + shown + "b"));
}

}  // namespace
}  // namespace pd::identity
