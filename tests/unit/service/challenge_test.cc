#include "service/challenge.h"

#include <gtest/gtest.h>

#include "service/refusal.h"

namespace pd::service {
namespace {

using identity::Seconds;

const identity::Time start{Seconds(1'800'000'000)};

identity::Domain domain(std::string_view text) {
  return *identity::Domain::parse(text);
}

Refused refusal(Challenges& challenges, std::string_view text, identity::Time now) {
  try {
    challenges.spend(text, now);
  } catch (const Refusal& refusal) {
    return refusal.why();
  }
  ADD_FAILURE() << "it was not refused";
  return {};
}

TEST(Challenge, works_once) {
  Challenges challenges(domain("example.org"), 10);
  const auto issued = challenges.issue(start);
  EXPECT_EQ(issued.expires, start + Seconds(120));
  challenges.spend(issued.text, start + Seconds(60));
  EXPECT_EQ(refusal(challenges, issued.text, start + Seconds(61)), Refused::challenge_used);
}

TEST(Challenge, every_one_is_another) {
  Challenges challenges(domain("example.org"), 10);
  EXPECT_NE(challenges.issue(start).text, challenges.issue(start).text);
}

TEST(Challenge, works_until_it_expires) {
  Challenges challenges(domain("example.org"), 10);
  const auto first = challenges.issue(start);
  const auto second = challenges.issue(start);
  challenges.spend(first.text, start + Seconds(119));
  EXPECT_EQ(refusal(challenges, second.text, start + Seconds(120)), Refused::challenge_expired);
}

TEST(Challenge, of_another_domain_is_unknown) {
  Challenges ours(domain("example.org"), 10);
  Challenges theirs(domain("blackmesa.us"), 10);
  EXPECT_EQ(refusal(ours, theirs.issue(start).text, start), Refused::challenge_unknown);
}

TEST(Challenge, of_another_domain_is_unknown_even_under_the_same_key) {
  const auto key = identity::random_bytes(32);
  Challenges ours(domain("example.org"), 10, key);
  Challenges theirs(domain("blackmesa.us"), 10, key);
  EXPECT_EQ(refusal(ours, theirs.issue(start).text, start), Refused::challenge_unknown);
}

TEST(Challenge, of_an_earlier_process_is_unknown) {
  Challenges before(domain("example.org"), 10);
  Challenges after(domain("example.org"), 10);
  EXPECT_EQ(refusal(after, before.issue(start).text, start), Refused::challenge_unknown);
}

TEST(Challenge, changed_in_any_character_is_unknown) {
  Challenges challenges(domain("example.org"), 10);
  const std::string text = challenges.issue(start).text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(refusal(challenges, changed, start), Refused::challenge_unknown) << i;
  }
  challenges.spend(text, start);
}

TEST(Challenge, of_another_length_is_unknown) {
  Challenges challenges(domain("example.org"), 10);
  const std::string text = challenges.issue(start).text;
  for (const auto& other : {std::string(), text + "A", text.substr(1), std::string(100'000, 'A')}) {
    EXPECT_EQ(refusal(challenges, other, start), Refused::challenge_unknown);
  }
}

TEST(Challenge, a_full_table_refuses_rather_than_forgets) {
  Challenges challenges(domain("example.org"), 2);
  const auto first = challenges.issue(start);
  challenges.spend(first.text, start);
  challenges.spend(challenges.issue(start).text, start);
  const auto third = challenges.issue(start + Seconds(100));
  EXPECT_EQ(refusal(challenges, third.text, start + Seconds(100)), Refused::busy);
  EXPECT_EQ(refusal(challenges, first.text, start + Seconds(100)), Refused::challenge_used);
  challenges.spend(third.text, start + Seconds(120));
}

TEST(Challenge, a_clock_set_back_makes_none_usable_twice) {
  Challenges challenges(domain("example.org"), 10);
  const auto later = challenges.issue(start + Seconds(50));
  challenges.spend(challenges.issue(start + Seconds(50)).text, start + Seconds(50));
  challenges.spend(later.text, start);
  EXPECT_EQ(refusal(challenges, later.text, start + Seconds(169)), Refused::challenge_used);
}

}  // namespace
}  // namespace pd::service
