#include "federation/cache.h"

#include <gtest/gtest.h>

#include "identity/sample.h"

namespace pd::federation {
namespace {

using identity::Time;
using identity::sample::at;

// A verified answer has no public maker: this one goes the whole way.
RemoteResolution absence(const std::string& name, std::size_t padding = 0) {
  const auto key = identity::sample::key("domain");
  const auto address = identity::sample::address(name);
  const auto keys = identity::DomainKeys::create(address.domain(), key, at(0));
  identity::Resolution resolution;
  resolution.statement = identity::Statement::sign({address, std::nullopt, at(0), at(3600)}, key).text();
  resolution.domain = identity::Json::object();
  auto verified = identity::verify_resolution(resolution, address, keys, at(0));
  EXPECT_TRUE(verified) << verified.error().message;
  return {std::make_shared<const std::string>(padding, 'x'), std::move(*verified), at(300), false};
}

Cached cached(const std::string& name, std::size_t padding = 0) {
  return {std::make_shared<const RemoteResolution>(absence(name, padding)), nullptr, "\"tag\"", at(3600)};
}

TEST(Cache, KnowsWhatIsFreshAndWhatIsUsable) {
  const auto one = cached("a@example.net");
  EXPECT_TRUE(one.fresh(at(0)));
  EXPECT_TRUE(one.fresh(at(299)));
  EXPECT_FALSE(one.fresh(at(300)));
  EXPECT_TRUE(one.usable(at(3599)));
  EXPECT_FALSE(one.usable(at(3600)));
  auto short_lived = one;
  short_lived.expires = at(100);
  EXPECT_FALSE(short_lived.fresh(at(100))) << "never fresh after its end";
}

TEST(Cache, FindsWhatWasPut) {
  Cache cache(10, 1 << 20);
  EXPECT_EQ(cache.find("a@example.net"), nullptr);
  cache.put("a@example.net", cached("a@example.net"));
  ASSERT_NE(cache.find("a@example.net"), nullptr);
  EXPECT_EQ(cache.find("a@example.net")->etag, "\"tag\"");
  cache.clear();
  EXPECT_EQ(cache.find("a@example.net"), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(Cache, ForgetsTheLeastRecentlyAskedFor) {
  Cache cache(2, 1 << 20);
  cache.put("a@a.example", cached("a@a.example"));
  cache.put("b@b.example", cached("b@b.example"));
  cache.find("a@a.example");
  cache.put("c@c.example", cached("c@c.example"));
  EXPECT_NE(cache.find("a@a.example"), nullptr);
  EXPECT_EQ(cache.find("b@b.example"), nullptr);
  EXPECT_NE(cache.find("c@c.example"), nullptr);
  EXPECT_EQ(cache.entries(), 2u);
}

TEST(Cache, IsBoundedInBytes) {
  constexpr std::size_t most = 100'000;
  Cache cache(1'000, most);
  for (int i = 0; i < 100; ++i) {
    const auto name = "u@d" + std::to_string(i) + ".example";
    cache.put(name, cached(name, 500));
    EXPECT_LE(cache.bytes(), most);
  }
  EXPECT_LT(cache.entries(), 100u);
  EXPECT_GT(cache.entries(), 5u);
  cache.put("huge@example.net", cached("huge@example.net", most));
  EXPECT_EQ(cache.find("huge@example.net"), nullptr);
  EXPECT_GT(cache.entries(), 5u) << "one that does not fit pushes nobody out";
}

TEST(Cache, OneDomainPushesOutOnlyItsOwn) {
  Cache cache(64, 1 << 20);
  cache.put("gordon@blackmesa.us", cached("gordon@blackmesa.us"));
  for (int i = 0; i < 200; ++i) {
    const auto name = "u" + std::to_string(i) + "@greedy.example";
    cache.put(name, cached(name));
    cache.find("u0@greedy.example");
  }
  EXPECT_NE(cache.find("gordon@blackmesa.us"), nullptr);
  EXPECT_EQ(cache.entries(), 1u + 64 / 16) << "a sixteenth for each domain";
  EXPECT_NE(cache.find("u0@greedy.example"), nullptr) << "what is asked for stays";
  EXPECT_NE(cache.find("u199@greedy.example"), nullptr);
  for (int i = 0; i < 20; ++i) {
    const auto name = "large" + std::to_string(i) + "@greedy.example";
    cache.put(name, cached(name, 9'000));  // with what it takes parsed, nearly the share
  }
  EXPECT_NE(cache.find("gordon@blackmesa.us"), nullptr);
  EXPECT_EQ(cache.entries(), 2u);
}

TEST(Cache, ManyNamesBeneathOnePushOutOnlyTheirOwn) {
  Cache cache(64, 1 << 20);
  for (int i = 0; i < 20; ++i) {
    const auto name = "u@d" + std::to_string(i) + ".example";
    cache.put(name, cached(name));
  }
  for (int i = 0; i < 200; ++i) {
    const auto name = "u@s" + std::to_string(i) + ".evil.test";
    cache.put(name, cached(name));
  }
  EXPECT_EQ(cache.entries(), 64u);
  for (int i = 0; i < 20; ++i)
    EXPECT_NE(cache.find("u@d" + std::to_string(i) + ".example"), nullptr) << i;
  for (int i = 20; i < 64; ++i) {
    const auto name = "u@d" + std::to_string(i) + ".example";
    cache.put(name, cached(name));
    EXPECT_NE(cache.find("u@d0.example"), nullptr);
  }
  EXPECT_EQ(cache.entries(), 64u);
}

TEST(Cache, ReplacesAndCountsOnce) {
  Cache cache(10, 1 << 20);
  cache.put("a@example.net", cached("a@example.net", 1'000));
  const auto bytes = cache.bytes();
  cache.put("a@example.net", cached("a@example.net", 1'000));
  EXPECT_EQ(cache.bytes(), bytes);
  EXPECT_EQ(cache.entries(), 1u);
}

TEST(Cache, DropsTheNamesOfOneDomain) {
  Cache cache(100, 1 << 20);
  for (const char* name : {"a@example.net", "b@example.net", "a@sub.example.net", "a@example.com"})
    cache.put(name, cached(name));
  cache.drop_domain("example.net");
  EXPECT_EQ(cache.entries(), 2u);
  EXPECT_NE(cache.find("a@sub.example.net"), nullptr);
  EXPECT_NE(cache.find("a@example.com"), nullptr);
}

}  // namespace
}  // namespace pd::federation
