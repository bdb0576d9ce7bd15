#include "service/health.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "forwarding_store.h"
#include "world.h"

namespace pd::service::testing {
namespace {

// Answers a probe only when everybody else has had their turn.
class SlowProbe : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  awaitable<void> probe(Time) override {
    ++probes;
    co_await boost::asio::post(boost::asio::use_awaitable);
    if (fails) throw store::Failure("as the test wants it");
  }
  int probes = 0;
  bool fails = false;
};

class Readiness : public ServiceTest {
 protected:
  int ask(int times) {
    int ready = 0;
    for (int i = 0; i < times; ++i)
      boost::asio::co_spawn(context_, health_.ready(), [&ready](std::exception_ptr, bool is) { ready += is ? 1 : 0; });
    context_.run();
    context_.restart();
    return ready;
  }

  SlowProbe slow_{*store_};
  Health health_{slow_, [this] { return now_; }};
};

TEST_F(Readiness, is_looked_at_once_a_second_however_many_ask) {
  EXPECT_EQ(ask(10), 1) << "the others hear that it is not known yet";
  EXPECT_EQ(slow_.probes, 1);
  EXPECT_EQ(ask(10), 10);
  EXPECT_EQ(slow_.probes, 1);
  now_ += identity::Seconds(1);
  slow_.fails = true;
  EXPECT_EQ(ask(10), 9) << "the last answer, until there is another";
  EXPECT_EQ(ask(10), 0);
  EXPECT_EQ(slow_.probes, 2);
}

}  // namespace
}  // namespace pd::service::testing
