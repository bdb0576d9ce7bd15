#include "service/answer.h"

#include <gtest/gtest.h>

namespace pd::service {
namespace {

using identity::Seconds;

const identity::Time made_at{Seconds(1'800'000'000)};

AnswerPtr answer(std::string body, identity::Time renew = made_at + Seconds(100)) {
  auto etag = Answer::tag_of(body);
  return std::make_shared<const Answer>(
      Answer{true, std::make_shared<const std::string>(std::move(body)), std::move(etag), Seconds(10), renew});
}

TEST(AnswerCache, gives_back_what_was_put) {
  AnswerCache cache({100, 1 << 20});
  EXPECT_EQ(cache.find("olivier", made_at), nullptr);
  const auto put = answer("a");
  cache.put(cache.ticket("olivier"), "olivier", put);
  EXPECT_EQ(cache.find("olivier", made_at), put);
  EXPECT_EQ(cache.find("gordon", made_at), nullptr);
  const auto newer = answer("b");
  cache.put(cache.ticket("olivier"), "olivier", newer);
  EXPECT_EQ(cache.find("olivier", made_at), newer);
}

TEST(AnswerCache, gives_none_that_is_to_be_renewed) {
  AnswerCache cache({100, 1 << 20});
  cache.put(cache.ticket("olivier"), "olivier", answer("a", made_at + Seconds(5)));
  EXPECT_NE(cache.find("olivier", made_at + Seconds(4)), nullptr);
  EXPECT_EQ(cache.find("olivier", made_at + Seconds(5)), nullptr);
}

TEST(AnswerCache, an_answer_made_before_a_change_is_not_kept) {
  AnswerCache cache({100, 1 << 20});
  const auto ticket = cache.ticket("olivier");
  cache.drop("olivier");
  cache.put(ticket, "olivier", answer("old"));
  EXPECT_EQ(cache.find("olivier", made_at), nullptr);
  const auto other = cache.ticket("olivier");
  cache.clear();
  cache.put(other, "olivier", answer("old"));
  EXPECT_EQ(cache.find("olivier", made_at), nullptr);
}

TEST(AnswerCache, drop_forgets_one_and_clear_all) {
  AnswerCache cache({100, 1 << 20});
  for (const auto* name : {"a", "b", "c"})
    cache.put(cache.ticket(name), name, answer(name));
  cache.drop("a");
  EXPECT_EQ(cache.find("a", made_at), nullptr);
  EXPECT_NE(cache.find("b", made_at), nullptr);
  cache.clear();
  EXPECT_EQ(cache.find("b", made_at), nullptr);
  EXPECT_EQ(cache.find("c", made_at), nullptr);
}

TEST(AnswerCache, is_bounded_and_keeps_what_is_used) {
  AnswerCache cache({160, 1 << 20});
  cache.put(cache.ticket("olivier"), "olivier", answer("a"));
  for (int i = 0; i < 10'000; ++i) {
    const auto name = "x" + std::to_string(i);
    cache.put(cache.ticket(name), name, answer(name));
    ASSERT_NE(cache.find("olivier", made_at), nullptr) << i;
  }
  int kept = 0;
  for (int i = 0; i < 10'000; ++i)
    kept += cache.find("x" + std::to_string(i), made_at) != nullptr;
  EXPECT_GT(kept, 100);
  EXPECT_LE(kept, 160);
}

TEST(AnswerCache, long_answers_count_for_more) {
  AnswerCache cache({10'000, 16 * 10'000});
  for (int i = 0; i < 1000; ++i) {
    const auto name = "x" + std::to_string(i);
    cache.put(cache.ticket(name), name, answer(std::string(4'000, 'a')));
  }
  int kept = 0;
  for (int i = 0; i < 1000; ++i)
    kept += cache.find("x" + std::to_string(i), made_at) != nullptr;
  EXPECT_EQ(kept, 16 * 2);
}

TEST(AnswerCache, an_answer_larger_than_all_room_is_not_kept) {
  AnswerCache cache({100, 16 * 1'000});
  cache.put(cache.ticket("a"), "a", answer("small"));
  cache.put(cache.ticket("a"), "a", answer(std::string(1'000, 'a')));
  EXPECT_EQ(cache.find("a", made_at), nullptr);
  cache.put(cache.ticket("a"), "a", answer("small"));
  EXPECT_NE(cache.find("a", made_at), nullptr);
}

TEST(Answer, another_body_has_another_tag) {
  EXPECT_NE(Answer::tag_of("a"), Answer::tag_of("b"));
  EXPECT_EQ(Answer::tag_of("a"), Answer::tag_of("a"));
  EXPECT_EQ(Answer::tag_of("a").size(), 22u);
}

}  // namespace
}  // namespace pd::service
