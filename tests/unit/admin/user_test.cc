#include <set>

#include "support.h"

namespace pd::admin {
namespace {

TEST_F(AdminTest, UsersAreListed) {
  const auto store = serve();
  EXPECT_EQ(run({"user", "list", "--json"}).out, "[]\n");
  add_user(*store, "olivier");
  add_user(*store, "gordon");
  EXPECT_EQ(run({"user", "reserve", "root"}).status, 0);
  const auto list = run({"user", "list"});
  EXPECT_EQ(list.status, 0);
  EXPECT_THAT(list.out, HasSubstr("gordon@example.org"));
  EXPECT_THAT(list.out, HasSubstr("reserved"));
  const auto json = run({"user", "list", "--json"}).json();
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[1]["address"], "olivier@example.org");
  EXPECT_EQ(json[1]["operations"], 1);
  EXPECT_EQ(json[2]["state"], "reserved");
  EXPECT_EQ(run({"user", "list", "--json", "--state", "taken"}).json().size(), 2u);
}

// More than one page.
TEST_F(AdminTest, ManyUsersAreListedOnce) {
  const auto store = serve();
  for (int i = 0; i < 520; ++i)
    wait(store->reserve(sample::address("name" + std::to_string(i) + "@example.org"), now));
  const auto json = run({"user", "list", "--json"}).json();
  std::set<std::string> seen;
  for (const auto& user : json)
    seen.insert(user["address"].get<std::string>());
  EXPECT_EQ(json.size(), 520u);
  EXPECT_EQ(seen.size(), 520u);
}

TEST_F(AdminTest, AUserIsShown) {
  add_user(*serve(), "olivier");
  const auto json = run({"user", "show", "olivier", "--json"}).json();
  const auto state = sample::state("olivier@example.org");
  EXPECT_EQ(json["identity_key"], state.identity_key.id());
  EXPECT_EQ(json["devices"][0]["name"], "laptop");
  EXPECT_EQ(json["operations"], 1);
  EXPECT_EQ(json["ended"], false);
  EXPECT_THAT(run({"user", "show", "olivier@example.org"}).out, HasSubstr(state.identity_key.id()));

  EXPECT_THAT(run({"user", "show", "nobody"}).err, HasSubstr("nobody has the name nobody@example.org"));
  EXPECT_THAT(run({"user", "show", "olivier@example.net"}).err, HasSubstr("is not a name of example.org"));
  EXPECT_EQ(run({"user", "show", "not a name"}).status, 2);
}

TEST_F(AdminTest, RemovingIsForGoodAndMustBeMeant) {
  const auto store = serve();
  add_user(*store, "olivier");
  auto outcome = run({"user", "remove", "olivier"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("hint: say --yes"));
  EXPECT_EQ(wait(store->find(sample::address("olivier@example.org"))).state, store::NameState::taken);
  EXPECT_EQ(run({"user", "remove", "olivier", "--yes"}).status, 0);
  EXPECT_EQ(wait(store->find(sample::address("olivier@example.org"))).state, store::NameState::tombstoned);
  EXPECT_THAT(run({"user", "remove", "olivier", "--yes"}).err, HasSubstr("is tombstoned already"));
  EXPECT_EQ(run({"user", "show", "olivier", "--json"}).json()["state"], "tombstoned");

  outcome = run({"user", "remove", "nobody", "--yes"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(wait(store->find(sample::address("nobody@example.org"))).state, store::NameState::free);
}

TEST_F(AdminTest, NamesAreReservedAndGivenBack) {
  const auto store = serve();
  add_user(*store, "olivier");
  EXPECT_EQ(run({"user", "reserve", "root", "admin@example.org"}).status, 0);
  EXPECT_THAT(wait(store->reserved()), testing::ElementsAre("admin", "root"));
  EXPECT_THAT(run({"user", "reserve", "olivier"}).err, HasSubstr("olivier@example.org is taken"));
  EXPECT_EQ(run({"user", "unreserve", "root"}).status, 0);
  EXPECT_THAT(wait(store->reserved()), testing::ElementsAre("admin"));
  EXPECT_THAT(run({"user", "unreserve", "root"}).err, HasSubstr("is not reserved here"));
}

}  // namespace
}  // namespace pd::admin
