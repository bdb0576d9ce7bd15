#include "federation/url.h"

#include <gtest/gtest.h>

namespace pd::federation {
namespace {

TEST(Url, IsReadIntoItsParts) {
  const auto url = parse_url("https://Club.Example:8443/.well-known/pd-community?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host.text(), "club.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/.well-known/pd-community?x=1");
  EXPECT_EQ(url->authority(), "club.example:8443");
}

TEST(Url, HasDefaults) {
  const auto url = parse_url("https://example.org");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/");
  EXPECT_EQ(url->authority(), "example.org");
  EXPECT_EQ(parse_url("https://example.org:443?q")->text(), "https://example.org/?q");
}

TEST(Url, IsRefusedWhenItIsAnythingElse) {
  for (const char* text : {"",
                           "https://",
                           "http://example.org/",
                           "ftp://example.org/",
                           "//example.org",
                           "example.org",
                           "https://127.0.0.1/",
                           "https://[::1]/",
                           "https://localhost/",
                           "https://user@example.org/",
                           "https://example.org:0/",
                           "https://example.org:65536/",
                           "https://example.org:+1/",
                           "https://example.org:/",
                           "https://example.org:80:80/",
                           "https://example.org/#x",
                           "https://example.org/a b",
                           "https://example.org/\r\nHost: x",
                           "https://example.org\\@example.net/",
                           "https://2130706433/"})
    EXPECT_FALSE(parse_url(text)) << text;
  EXPECT_FALSE(parse_url("https://example.org/" + std::string(max_url_bytes, 'a')));
}

}  // namespace
}  // namespace pd::federation
