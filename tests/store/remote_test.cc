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

class RemoteTest : public StoreSuite {
 protected:
  void put(const std::string& local, std::int64_t fetched, const std::string& resolution = "{}") {
    wait(store->put_remote_answer(foreign(local), {resolution, at(fetched), at(fetched + 3'600)}));
  }
  bool has(const std::string& local) { return wait(store->remote_answer(foreign(local))).has_value(); }
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
  put("b", 2);
  put("a", 1);
  put("c", 3);
  put("a", 4);  // renewed: no longer the oldest
  put("d", 5);
  EXPECT_FALSE(has("b"));
  EXPECT_TRUE(has("a") && has("c") && has("d"));
}

TEST_P(RemoteTest, LargeAnswersPushOutAsMuchAsTheyNeed) {
  store.reset();
  store = backend->open_with_caches_of(1'000, 1'000);
  for (int i = 0; i < 10; ++i)
    put("small" + std::to_string(i), i, std::string(100, 'x'));
  EXPECT_TRUE(has("small0"));
  put("large", 10, std::string(450, 'x'));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(has("small" + std::to_string(i)), false) << i;
  EXPECT_TRUE(has("small5") && has("large"));
  put("larger", 11, std::string(1'001, 'x'));
  EXPECT_FALSE(has("large"));
}

TEST_P(RemoteTest, TheBoundCountsWhatWasThereBefore) {
  for (int i = 0; i < 5; ++i)
    put("name" + std::to_string(i), i);
  store.reset();
  store = backend->open_with_caches_of(2, plenty);
  put("new", 9);
  EXPECT_TRUE(has("new") && has("name4"));
  EXPECT_FALSE(has("name3"));
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
