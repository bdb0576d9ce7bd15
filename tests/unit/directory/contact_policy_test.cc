#include "directory/contact_policy.h"

#include <gtest/gtest.h>

namespace pd::directory {
namespace {

struct Case {
  Decision decision;
  bool acquainted;
  Verdict with_contacts, with_ask, with_anyone;
};

// CON-4, line by line.
TEST(ContactPolicyTest, DecidesByTheTable) {
  constexpr auto in = Verdict::let_in;
  constexpr auto ask = Verdict::ask;
  constexpr auto no = Verdict::ignore;
  constexpr Case cases[] = {
      {Decision::none, false, no, ask, in},    {Decision::none, true, in, in, in},
      {Decision::accepted, false, in, in, in}, {Decision::accepted, true, in, in, in},
      {Decision::declined, false, no, no, in}, {Decision::declined, true, in, in, in},
      {Decision::blocked, false, no, no, no},  {Decision::blocked, true, no, no, no},
  };
  for (const auto& each : cases) {
    const Relation relation{each.decision, each.acquainted};
    SCOPED_TRACE(testing::Message() << static_cast<int>(each.decision) << " " << each.acquainted);
    EXPECT_EQ(decide(ContactPolicy::contacts, relation), each.with_contacts);
    EXPECT_EQ(decide(ContactPolicy::ask, relation), each.with_ask);
    EXPECT_EQ(decide(ContactPolicy::anyone, relation), each.with_anyone);
    EXPECT_EQ(relation.is_contact(), each.with_contacts == in);  // CON-3
  }
}

TEST(ContactPolicyTest, HasThreeWords) {
  for (const auto policy : {ContactPolicy::contacts, ContactPolicy::ask, ContactPolicy::anyone})
    EXPECT_EQ(parse_contact_policy(text_of(policy)), policy);
  for (const char* word : {"", "Ask", "ask ", "nobody"})
    EXPECT_FALSE(parse_contact_policy(word)) << word;
}

}  // namespace
}  // namespace pd::directory
