#include "support.h"

namespace pd::admin {
namespace {

TEST_F(AdminTest, InvitesAreMadeListedAndRevoked) {
  const auto store = serve();
  const auto made =
      run({"invite", "create", "--uses", "3", "--expires", "2h", "--note", "for the club", "--json"}).json();
  EXPECT_EQ(made["uses"], 3);
  EXPECT_EQ(made["expires"], timestamp(now + std::chrono::hours(2)));
  EXPECT_EQ(made["code"].get<std::string>().size(), 26u);

  auto list = run({"invite", "list", "--json"}).json();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["id"], made["id"]);
  EXPECT_EQ(list[0]["note"], "for the club");
  EXPECT_EQ(list[0]["state"], "open");
  EXPECT_FALSE(list[0].contains("code"));
  now += std::chrono::hours(2);
  EXPECT_EQ(run({"invite", "list", "--json"}).json()[0]["state"], "expired");

  EXPECT_EQ(run({"invite", "revoke", made["id"]}).status, 0);
  EXPECT_THAT(run({"invite", "revoke", made["id"]}).err, HasSubstr("there is no invitation"));
  EXPECT_EQ(run({"invite", "list"}).out, "");
}

TEST_F(AdminTest, ACodeIsShownToBePassedOn) {
  serve();
  const auto text = run({"invite", "create"}).out;
  const auto code = text.substr(0, text.find('\n'));
  EXPECT_EQ(code.size(), 26u);
  EXPECT_THAT(text, HasSubstr("pdctl register NAME@example.org --invite " + code));
}

TEST_F(AdminTest, InvitesAreBounded) {
  serve();
  EXPECT_THAT(run({"invite", "create", "--expires", "10y"}).err,
              HasSubstr("--expires: '10y' is not a time from 1m to 366d"));
  EXPECT_THAT(run({"invite", "create", "--note", std::string(201, 'x')}).err, HasSubstr("--note: at most 200 bytes"));
  EXPECT_EQ(run({"invite", "create", "--note", "bell\a"}).status, 2);
  EXPECT_EQ(run({"invite", "create", "--note", "\xff"}).status, 2);
  EXPECT_EQ(run({"invite", "create", "--note", "\u009b31m"}).status, 2);
  EXPECT_EQ(run({"invite", "create", "--note", "bulc\u202e"}).status, 2);
  EXPECT_EQ(run({"invite", "create", "--uses", "100001"}).status, 2);
  EXPECT_EQ(run({"invite", "list", "--json"}).json().size(), 0u);
}

}  // namespace
}  // namespace pd::admin
