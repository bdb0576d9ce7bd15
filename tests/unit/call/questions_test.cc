#include "call/questions.h"

#include <gtest/gtest.h>

#include "client/town.h"
#include "identity/sample.h"
#include "sample_call.h"

namespace pd::call {
namespace {

using identity::sample::address;

class QuestionsTest : public testing::Test {
 protected:
  QuestionsTest() {
    town.settle(olivier);
    town.settle(gordon);
  }
  bool open(const CallId& question, const std::string& whom) { return questions.open(question, town.find(whom), now); }

  const std::string olivier = "olivier@example.org";
  const std::string gordon = "gordon@blackmesa.us";
  pd::test::Town town;
  Instant now{};
  Questions questions;
};

TEST_F(QuestionsTest, IsAnsweredOnceByWhoWasAsked) {
  ASSERT_TRUE(open(test::id('a'), gordon));
  EXPECT_FALSE(questions.answered(test::id('a'), address(olivier), now)) << "somebody else";
  EXPECT_FALSE(questions.answered(test::id('b'), address(gordon), now)) << "another question";
  EXPECT_TRUE(questions.answered(test::id('a'), address(gordon), now + Questions::patience - Instant::duration(1)));
  EXPECT_FALSE(questions.answered(test::id('a'), address(gordon), now)) << "again";
  EXPECT_TRUE(questions.asked(address(gordon), now)) << "another device of theirs may say it too";
}

TEST_F(QuestionsTest, IsOverWhenNobodyAnswersInTime) {
  ASSERT_TRUE(open(test::id('a'), gordon));
  EXPECT_TRUE(questions.asked(address(gordon), now));
  EXPECT_FALSE(questions.asked(address(olivier), now));
  now += Questions::patience;
  EXPECT_FALSE(questions.asked(address(gordon), now));
  EXPECT_FALSE(questions.answered(test::id('a'), address(gordon), now));
}

TEST_F(QuestionsTest, OnlySoManyAreOpen) {
  for (std::size_t n = 0; n < Questions::most_open; ++n) {
    ASSERT_TRUE(open(new_call_id(), gordon));
  }
  EXPECT_FALSE(open(test::id('a'), gordon));
  EXPECT_FALSE(questions.answered(test::id('a'), address(gordon), now)) << "it was not asked";
  now += Questions::patience;
  EXPECT_TRUE(open(test::id('a'), gordon));
}

}  // namespace
}  // namespace pd::call
