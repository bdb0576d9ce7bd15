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

TEST_F(PolicyTest, AListThatIsSignedHereIsOneThatServersTake) {
  const auto key_file = (folder / "club.pem").string();
  const auto made = raw({"community", "key", key_file, "--json"}).json();
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(key_file).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_THAT(raw({"community", "key", key_file}).err, HasSubstr("cannot make"));

  const auto domains = policy("# the club\nblackmesa.us\n  Example.NET # friends\n\n");
  const auto sign = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> all{"community", "sign", domains, "--key", key_file, "--issuer", "club.example"};
    all.insert(all.end(), more.begin(), more.end());
    return raw(all);
  };
  const auto text = sign().out;
  const auto list = federation::CommunityList::parse(text.substr(0, text.size() - 1), sample::domain("club.example"),
                                                     made["key_id"].get<std::string>());
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_TRUE(list->check_time(now));
  EXPECT_TRUE(list->contains(sample::domain("example.net")));
  EXPECT_EQ(list->body().domains.size(), 2u);
  now += std::chrono::seconds(1);
  const auto later =
      federation::CommunityList::parse(sign({"--json"}).json()["list"].get<std::string>(),
                                       sample::domain("club.example"), made["key_id"].get<std::string>());
  ASSERT_TRUE(later);
  EXPECT_GT(later->body().seq, list->body().seq);
  EXPECT_EQ(sign({"--expires", "91d"}).status, 2);
}

TEST_F(PolicyTest, AListOfSomethingElseIsNotSigned) {
  const auto key_file = (folder / "club.pem").string();
  raw({"community", "key", key_file});
  const auto outcome =
      raw({"community", "sign", policy("example.net\n*.example.org\n"), "--key", key_file, "--issuer", "club.example"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("line 2: one domain is expected"));
  EXPECT_EQ(raw({"community", "sign", policy("example.net\n"), "--key", "/nowhere", "--issuer", "club.example"}).status,
            1);
}

}  // namespace
}  // namespace pd::admin
