#include "suite.h"

namespace pd::store::test {
namespace {

constexpr std::uint64_t plenty = 1 << 20;

Domain domain(const std::string& text) {
  return Domain::parse(text).value();
}
Address foreign(const std::string& local) {
  return Address::parse(local + "@blackmesa.us").value();
}
// Somebody of a domain that nobody else is of.
Address alone(const std::string& label) {
  return Address::parse("somebody@" + label + ".example").value();
}

class RemoteTest : public StoreSuite {
 protected:
  void put(const std::string& local, std::int64_t fetched, const std::string& resolution = "{}") {
    put(foreign(local), fetched, resolution);
  }
  void put(const Address& address, std::int64_t fetched, const std::string& resolution = "{}") {
    wait(store->put_remote_answer(address, {resolution, at(fetched), at(fetched + 3'600)}));
  }
  bool has(const std::string& local) { return has(foreign(local)); }
  bool has(const Address& address) { return wait(store->remote_answer(address)).has_value(); }
};
FOR_EVERY_BACKEND(RemoteTest);

TEST_P(RemoteTest, TheLatestAnswerIsKept) {
  EXPECT_FALSE(has("gordon"));
  put("gordon", 10, "old");
  put("gordon", 20, "new");
  const auto answer = wait(store->remote_answer(foreign("gordon")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->resolution, "new");
  EXPECT_EQ(answer->fetched, at(20));
  EXPECT_EQ(answer->expires, at(20 + 3'600));
}

TEST_P(RemoteTest, AnAnswerStaysWhenItHasExpired) {
  put("gordon", 0);
  put("alice", 400 * 86'400);
  EXPECT_TRUE(has("gordon"));
}

TEST_P(RemoteTest, DomainsAreKeptApart) {
  EXPECT_FALSE(wait(store->remote_domain(domain("blackmesa.us"))));
  wait(store->put_remote_domain(domain("blackmesa.us"), {"first", at(1)}));
  wait(store->put_remote_domain(domain("blackmesa.us"), {"second", at(2)}));
  wait(store->put_remote_domain(domain("example.net"), {"other", at(3)}));
  const auto found = wait(store->remote_domain(domain("blackmesa.us")));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->descriptor, "second");
  EXPECT_EQ(found->fetched, at(2));
}

TEST_P(RemoteTest, ManyAnswersPushOutTheOldest) {
  store.reset();
  store = backend->open_with_caches_of(3, plenty);
  put(alone("b"), 2);
  put(alone("a"), 1);
  put(alone("c"), 3);
  put(alone("a"), 4);  // renewed: no longer the oldest
  put(alone("d"), 5);
  EXPECT_FALSE(has(alone("b")));
  EXPECT_TRUE(has(alone("a")) && has(alone("c")) && has(alone("d")));
}

TEST_P(RemoteTest, LargeAnswersPushOutAsMuchAsTheyNeed) {
  store.reset();
  store = backend->open_with_caches_of(1'000, 16'000);
  for (int i = 0; i < 160; ++i)
    put(alone("small" + std::to_string(i)), i, std::string(100, 'x'));
  EXPECT_TRUE(has(alone("small0")));
  put(alone("large"), 1'000, std::string(950, 'x'));
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(has(alone("small" + std::to_string(i))), false) << i;
  EXPECT_TRUE(has(alone("small10")) && has(alone("large")));
  put(alone("larger"), 1'001, std::string(1'001, 'x'));
  EXPECT_FALSE(has(alone("larger"))) << "more than a domain's share";
  EXPECT_TRUE(has(alone("small10")));
}

// A domain has a sixteenth of the room: what it says in excess of that costs it its own answers, not those of others.
TEST_P(RemoteTest, OneDomainPushesOutOnlyItsOwn) {
  store.reset();
  store = backend->open_with_caches_of(64, 64'000);
  put(alone("quiet"), 0);
  for (int i = 0; i < 200; ++i)
    put("name" + std::to_string(i), 1 + i);
  EXPECT_TRUE(has(alone("quiet")));
  EXPECT_FALSE(has("name195"));
  EXPECT_TRUE(has("name196") && has("name199")) << "four of 64";
  for (int i = 0; i < 200; ++i)
    put("large" + std::to_string(i), 1'000 + i, std::string(1'500, 'x'));
  EXPECT_TRUE(has(alone("quiet")));
  EXPECT_FALSE(has("large197"));
  EXPECT_TRUE(has("large198") && has("large199")) << "two of 1,500 bytes in 4,000";
}

TEST_P(RemoteTest, TheBoundCountsWhatWasThereBefore) {
  for (int i = 0; i < 5; ++i)
    put(alone("d" + std::to_string(i)), i);
  store.reset();
  store = backend->open_with_caches_of(2, plenty);
  put(alone("new"), 9);
  EXPECT_TRUE(has(alone("new")) && has(alone("d4")));
  EXPECT_FALSE(has(alone("d3")));
}

TEST_P(RemoteTest, ManyDomainsPushOutTheOldest) {
  store.reset();
  store = backend->open_with_caches_of(2, plenty);
  wait(store->put_remote_domain(domain("a.example"), {"a", at(1)}));
  wait(store->put_remote_domain(domain("b.example"), {"b", at(2)}));
  wait(store->put_remote_domain(domain("c.example"), {"c", at(3)}));
  EXPECT_FALSE(wait(store->remote_domain(domain("a.example"))));
  EXPECT_TRUE(wait(store->remote_domain(domain("c.example"))));
}

TEST_P(RemoteTest, CommunityListsAreKeptByUrl) {
  EXPECT_FALSE(wait(store->remote_list("https://example.net/list")));
  wait(store->put_remote_list("https://example.net/list", "old"));
  wait(store->put_remote_list("https://example.net/list", "new"));
  wait(store->put_remote_list("https://example.net/other", "other"));
  EXPECT_EQ(wait(store->remote_list("https://example.net/list")), "new");
  for (int i = 0; i < 64; ++i)
    wait(store->put_remote_list("https://example.net/" + std::to_string(i), "list"));
  EXPECT_FALSE(wait(store->remote_list("https://example.net/list")));
  EXPECT_TRUE(wait(store->remote_list("https://example.net/0")));
}

}  // namespace
}  // namespace pd::store::test
