#include "api/origins.h"

#include <gtest/gtest.h>

namespace pd::api {
namespace {

const auto domain = *identity::Domain::parse("example.org");

TEST(Origins, are_the_domain_and_the_api) {
  const Origins origins(domain, "https://pd.example.net:8443");
  EXPECT_EQ(origins.of("example.org"), "https://example.org");
  EXPECT_EQ(origins.of("Example.Org:443"), "https://example.org");
  EXPECT_EQ(origins.of("pd.example.net:8443"), "https://pd.example.net:8443");
}

TEST(Origins, are_nothing_else) {
  const Origins origins(domain, "https://pd.example.net:8443");
  for (const auto* host : {"", ":443", "example.org:8443", "pd.example.net", "pd.example.net:443", "example.org.",
                           "xexample.org", "example.orgx", "user@example.org", "https://example.org"}) {
    EXPECT_FALSE(origins.of(host)) << host;
  }
}

TEST(Origins, are_one_when_the_api_is_at_the_domain) {
  const Origins origins(domain, "https://example.org");
  EXPECT_EQ(origins.of("example.org"), "https://example.org");
  EXPECT_FALSE(origins.of("api.example.org"));
}

}  // namespace
}  // namespace pd::api
