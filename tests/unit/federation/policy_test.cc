#include "federation/policy.h"

#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/sample.h"

namespace pd::federation {
namespace {

using identity::sample::domain;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string key_id = identity::sample::key("community").public_key().id();

bool nowhere(const CommunityRule&, const identity::Domain&) {
  return false;
}

bool allows(const std::string& file, Direction direction, const std::string& name, const Membership& member = nowhere) {
  const auto policy = Policy::parse(file);
  EXPECT_TRUE(policy) << policy.error().message;
  return policy && policy->allows(direction, domain(name), member);
}

struct Case {
  std::string file;
  std::string name;
  bool ask;
  bool answer;
};

void PrintTo(const Case& it, std::ostream* out) {
  *out << it.name << " under " << ::testing::PrintToString(it.file);
}

class PolicyTable : public ::testing::TestWithParam<Case> {};

TEST_P(PolicyTable, DecidesEachDirection) {
  const auto& [file, name, ask, answer] = GetParam();
  EXPECT_EQ(allows(file, Direction::ask, name), ask) << file << name;
  EXPECT_EQ(allows(file, Direction::answer, name), answer) << file << name;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, PolicyTable,
    ::testing::Values(
        // Closed unless something is said (POL-1).
        Case{"", "example.net", false, false}, Case{"# nothing\n\n  \t\r\n", "example.net", false, false},
        Case{"default deny", "example.net", false, false}, Case{"default allow", "example.net", true, true},
        Case{"default ask allow", "example.net", true, false}, Case{"default answer allow", "example.net", false, true},
        Case{"default ask allow\ndefault answer deny\n", "example.net", true, false},
        // A domain is itself alone (POL-4).
        Case{"allow example.net", "example.net", true, true},
        Case{"allow example.net", "sub.example.net", false, false},
        Case{"allow example.net", "example.com", false, false}, Case{"allow EXAMPLE.NET", "example.net", true, true},
        Case{"allow ask example.net", "example.net", true, false},
        Case{"allow answer example.net", "example.net", false, true},
        Case{"default allow\ndeny example.net", "example.net", false, false},
        Case{"default allow\ndeny ask example.net", "example.net", false, true},
        Case{"default allow\ndeny answer example.net", "example.net", true, false},
        // A wildcard is everything below (POL-4).
        Case{"allow *.example.net", "sub.example.net", true, true},
        Case{"allow *.example.net", "a.b.example.net", true, true},
        Case{"allow *.example.net", "example.net", false, false},
        Case{"allow *.example.net", "badexample.net", false, false}, Case{"allow *.net", "example.net", true, true},
        Case{"default allow\ndeny ask *.net", "example.net", false, true},
        // The most specific decides, wherever it stands (POL-5).
        Case{"deny *.net\nallow example.net", "example.net", true, true},
        Case{"allow example.net\ndeny *.net", "example.net", true, true},
        Case{"allow *.example.net\ndeny *.net", "a.example.net", true, true},
        Case{"deny *.b.example.net\nallow *.example.net", "a.b.example.net", false, false},
        Case{"deny *.example.net\nallow ask a.example.net", "a.example.net", true, false},
        // Said twice, comments, white space.
        Case{"allow example.net\nallow example.net", "example.net", true, true},
        Case{"  allow\t ask  example.net # a friend\r\n", "example.net", true, false},
        // `private` allows nothing by itself (POL-8).
        Case{"private example.net", "example.net", false, false}));

struct Wrong {
  std::string file;
  std::string begins;
  std::string says;
  std::string rule;
};

void PrintTo(const Wrong& it, std::ostream* out) {
  *out << it.says;
}

class PolicyErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(PolicyErrors, NameTheLineAndWhatIsAllowed) {
  const auto& [file, begins, says, rule] = GetParam();
  const auto policy = Policy::parse(file);
  ASSERT_FALSE(policy) << file;
  EXPECT_THAT(policy.error().message, StartsWith(begins));
  EXPECT_THAT(policy.error().message, HasSubstr(says));
  EXPECT_EQ(policy.error().rule, rule);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, PolicyErrors,
    ::testing::Values(
        Wrong{"permit example.net", "line 1: ", "begins with default, allow, deny, community or private", "POL-3"},
        Wrong{"\n\nallow", "line 3: ", "write: allow [ask|answer] DOMAIN or *.SUFFIX", "POL-3"},
        Wrong{"allow ask", "line 1: ", "write: allow", "POL-3"},
        Wrong{"deny example.net example.com", "line 1: ", "write: deny", "POL-3"},
        Wrong{"default", "line 1: ", "write: default [ask|answer] allow|deny", "POL-3"},
        Wrong{"default open", "line 1: ", "write: default", "POL-3"},
        Wrong{"default allow deny", "line 1: ", "write: default", "POL-3"},
        Wrong{"allow *", "line 1: ", "default allow", "POL-4"},
        Wrong{"allow 192.0.2.1", "line 1: ", "neither a domain", "POL-4"},
        Wrong{"allow https://example.net", "line 1: ", "neither a domain", "POL-4"},
        Wrong{"allow *example.net", "line 1: ", "neither a domain", "POL-4"},
        Wrong{"allow localhost", "line 1: ", "neither a domain", "POL-4"},
        Wrong{std::string("allow exam\0ple.net", 18), "line 1: ", "neither a domain", "POL-4"},
        Wrong{"allow example.net\ndeny example.net", "line 2: ", "contradicts line 1", "POL-6"},
        Wrong{"deny ask *.net\n\nallow *.net", "line 3: ", "contradicts line 1", "POL-6"},
        Wrong{"default allow\ndefault ask deny", "line 2: ", "contradicts line 1", "POL-6"},
        Wrong{"community https://club.example/list", "line 1: ", "write: community", "POL-3"},
        Wrong{"community http://club.example/list " + key_id, "line 1: ", "https://example.org/path", "POL-7"},
        Wrong{"community https://127.0.0.1/list " + key_id, "line 1: ", "DNS name", "POL-7"},
        Wrong{"community https://club.example/list short", "line 1: ", "43 characters", "POL-7"},
        Wrong{"private", "line 1: ", "write: private", "POL-3"},
        Wrong{"private ask example.net", "line 1: ", "neither a domain", "POL-4"}));

TEST(Policy, IsBounded) {
  EXPECT_EQ(Policy::parse(std::string(max_policy_bytes + 1, '\n')).error().rule, "POL-2");
  EXPECT_EQ(Policy::parse("allow example.net #" + std::string(max_policy_line, 'x')).error().rule, "POL-2");
  std::string rules;
  for (std::size_t i = 0; i < max_policy_rules; ++i)
    rules += "allow d" + std::to_string(i) + ".example\n";
  EXPECT_TRUE(Policy::parse(rules));
  EXPECT_EQ(Policy::parse(rules + "allow one.more.example\n").error().rule, "POL-2");
  std::string communities;
  for (std::size_t i = 0; i < max_communities; ++i)
    communities += "community https://c" + std::to_string(i) + ".example/ " + key_id + "\n";
  EXPECT_EQ(Policy::parse(communities)->communities().size(), max_communities);
  EXPECT_EQ(Policy::parse(communities + "community https://more.example/ " + key_id).error().rule, "POL-2");
}

TEST(Policy, WithoutAFileIsOpen) {
  EXPECT_TRUE(Policy::open().allows(Direction::ask, domain("example.net"), nowhere));
  EXPECT_TRUE(Policy::open().allows(Direction::answer, domain("example.net"), nowhere));
  EXPECT_FALSE(Policy::open().allows_private(domain("example.net")));
}

TEST(Policy, CommunitiesAllowTheirMembersBelowNamedRules) {
  const auto member = [](const CommunityRule& rule, const identity::Domain& name) {
    return rule.url == "https://club.example/list" && name.text() != "stranger.example";
  };
  const std::string club = "community https://club.example/list " + key_id + "\n";
  EXPECT_TRUE(allows(club, Direction::ask, "a.example", member));
  EXPECT_TRUE(allows(club, Direction::answer, "a.example", member));
  EXPECT_FALSE(allows(club, Direction::ask, "stranger.example", member));
  EXPECT_TRUE(allows(club + "default deny", Direction::ask, "a.example", member));
  EXPECT_FALSE(allows(club + "deny a.example", Direction::ask, "a.example", member));
  EXPECT_FALSE(allows(club + "deny *.example", Direction::ask, "a.example", member));
  EXPECT_TRUE(allows(club + "default allow", Direction::ask, "stranger.example", member));

  const std::string one_way = "community answer https://club.example/list " + key_id + "\n";
  EXPECT_FALSE(allows(one_way, Direction::ask, "a.example", member));
  EXPECT_TRUE(allows(one_way, Direction::answer, "a.example", member));
}

TEST(Policy, AllowsPrivateAddressesForTheDomainsNamed) {
  const auto policy = Policy::parse("private blackmesa.us\nprivate *.lab.example\n");
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->allows_private(domain("blackmesa.us")));
  EXPECT_TRUE(policy->allows_private(domain("a.lab.example")));
  EXPECT_FALSE(policy->allows_private(domain("lab.example")));
  EXPECT_FALSE(policy->allows_private(domain("sub.blackmesa.us")));
}

TEST(Policy, SaysWhy) {
  const auto policy = *Policy::parse("default deny\nallow example.net\ndeny *.us\n");
  EXPECT_EQ(policy.decide(Direction::ask, domain("example.net"), nowhere).why, "allow example.net (line 2)");
  EXPECT_EQ(policy.decide(Direction::ask, domain("blackmesa.us"), nowhere).why, "deny *.us (line 3)");
  EXPECT_EQ(policy.decide(Direction::ask, domain("example.com"), nowhere).why, "default deny (line 1)");
  EXPECT_EQ(Policy::parse("")->decide(Direction::ask, domain("example.com"), nowhere).why, "no rule names it");
  EXPECT_EQ(Policy::open().decide(Direction::ask, domain("example.com"), nowhere).why, "no policy file");
}

}  // namespace
}  // namespace pd::federation
