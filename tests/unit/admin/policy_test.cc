#include <fstream>

#include "federation/community.h"
#include "support.h"

namespace pd::admin {
namespace {

class PolicyTest : public AdminTest {
 protected:
  std::string policy(const std::string& text) {
    const auto file = folder / "policy";
    std::ofstream(file) << text;
    return file.string();
  }
};

TEST_F(PolicyTest, SaysWhatIsDecidedAndWhy) {
  const auto file = policy("default deny\nallow *.example.net\ndeny answer bad.example.net\n");
  const auto json = raw({"policy", "check", file, "bad.example.net", "blackmesa.us", "--json"}).json();
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["ask"]["allowed"], true);
  EXPECT_EQ(json[0]["answer"]["allowed"], false);
  EXPECT_THAT(json[0]["answer"]["why"].get<std::string>(), HasSubstr("line 3"));
  EXPECT_EQ(json[1]["ask"]["allowed"], false);
  const auto text = raw({"policy", "check", file, "bad.example.net"});
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.out, HasSubstr("they ask us    no   deny bad.example.net (line 3)"));
  EXPECT_THAT(raw({"policy", "check", file}).out, HasSubstr("is a policy"));
}

TEST_F(PolicyTest, MistakesAreNamed) {
  const auto wrong = raw({"policy", "check", policy("default deny\nalow example.net\n"), "example.net"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("line 2"));
  EXPECT_THAT(raw({"policy", "check", "/nowhere/policy"}).err, HasSubstr("cannot be read"));
  EXPECT_THAT(raw({"policy", "check", policy("default deny\n"), "192.0.2.1"}).err, HasSubstr("is not a domain"));
}

TEST_F(PolicyTest, CommunitiesAreThoseThatTheServerFetched) {
  const std::string url = "https://club.example/list";
  const auto key = sample::key("club");
  const federation::CommunityBody body{
      sample::domain("club.example"), 1, sample::at(0), sample::at(86'400), {sample::domain("blackmesa.us")}};
  wait(serve()->put_remote_list(url, federation::CommunityList::sign(body, key)->text()));
  const auto file = policy("community " + url + " " + key.public_key().id() + "\n");
  const auto allowed = [&](const Outcome& outcome) { return outcome.json()[0]["ask"]["allowed"].get<bool>(); };
  EXPECT_TRUE(allowed(run({"policy", "check", file, "blackmesa.us", "--json"})));
  EXPECT_FALSE(allowed(run({"policy", "check", file, "example.net", "--json"})));
  EXPECT_FALSE(allowed(raw({"policy", "check", file, "blackmesa.us", "--json"})));
  EXPECT_THAT(raw({"policy", "check", file, "blackmesa.us"}).out, HasSubstr("without --data"));
  now = sample::at(86'400);
  EXPECT_FALSE(allowed(run({"policy", "check", file, "blackmesa.us", "--json"})));
}

}  // namespace
}  // namespace pd::admin
