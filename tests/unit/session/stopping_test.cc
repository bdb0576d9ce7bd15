// Conversations that are stopped while something is still being waited for.
#include <future>

#include "talk.h"

namespace pd::session::test {
namespace {

TEST_F(Talk, StoppingWhileTheDirectoryIsAskedReturnsAtOnce) {
  std::promise<void> answer;
  const auto answered = answer.get_future().share();
  people.before_find = [answered] { answered.wait(); };
  people.slow_about = gordon;
  Person caller(olivier, io, people);
  caller.call(gordon);
  until([&] { return !caller.workers_idle(); });
  caller.caller->stop(Farewell::done);
  until([&] { return caller.over; });
  EXPECT_FALSE(caller.workers_idle());  // it still waits, and nobody for it
  EXPECT_FALSE(caller.failure);
  answer.set_value();
}

TEST_F(Talk, AListenerDoesNotWaitForTheDirectoryToEnd) {
  std::promise<void> answer;
  const auto answered = answer.get_future().share();
  Person listener(gordon, io, people);
  Person caller(olivier, io, people);
  people.say(gordon, listener.listen());
  people.before_find = [answered] { answered.wait(); };
  people.slow_about = olivier;
  caller.call(gordon);
  until([&] { return !listener.workers_idle(); });
  end_listener(listener);
  EXPECT_FALSE(listener.workers_idle());  // it still waits, and nobody for it
  EXPECT_TRUE(listener.refused.empty());
  end(caller);
  answer.set_value();
}

TEST_F(Talk, StoppingBetweenTwoAttemptsReturnsAtOnce) {
  Person caller(olivier, io, people);
  caller.call(gordon);
  until([&] { return !caller.reasons.empty(); });
  caller.caller->stop(Farewell::done);
  until([&] { return caller.over; });
  EXPECT_FALSE(caller.failure);
}

}  // namespace
}  // namespace pd::session::test
