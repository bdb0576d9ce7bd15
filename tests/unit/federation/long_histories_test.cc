#include <algorithm>
#include <thread>

#include "../service/forwarding_store.h"
#include "identity/sample.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using testing::FakeDomain;
using testing::Turn;
using testing::World;

class Counting : public service::testing::ForwardingStore {
 public:
  explicit Counting(std::unique_ptr<store::Store> real) : ForwardingStore(*real), real_(std::move(real)) {}
  awaitable<void> put_remote_answer(Address address, store::RemoteAnswer value) override {
    ++writes;
    return ForwardingStore::put_remote_answer(std::move(address), std::move(value));
  }
  std::atomic<int> writes = 0;

 private:
  std::unique_ptr<store::Store> real_;
};

struct LongHistories : World {
  FakeDomain& mesa = neighbour("blackmesa.us");

  std::string answer(const Turn& turn) const {
    return mesa.resolution_json(turn.asked.target.substr(turn.asked.target.rfind('/') + 1));
  }
  // All of the history, whatever is asked, and fresh for no time.
  static void tell(Turn& turn, const std::string& answer) {
    turn.reply(200, answer, {{"Content-Type", "application/json"}, {"Cache-Control", "max-age=0"}});
  }
  static bool is_question(const Turn& turn) { return turn.asked.target.starts_with("/v1/"); }
};

TEST_F(LongHistories, AreNotWrittenAgainAndAgain) {
  auto made = std::make_unique<Counting>(std::move(store));
  const auto& counting = *made;
  store = std::move(made);
  const auto gordon = mesa.add("gordon");
  start();
  mesa.server.set_script([&](Turn& turn) { is_question(turn) ? tell(turn, answer(turn)) : mesa.honest(turn); });
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(outcome(gordon), "1");
  EXPECT_EQ(counting.writes, 1);
  restart();
  EXPECT_EQ(outcome(gordon), "1");
  EXPECT_EQ(counting.writes, 1) << "the store says when it was";
  mesa.update("gordon");
  EXPECT_EQ(outcome(gordon), "2");
  EXPECT_EQ(counting.writes, 2);
  pass(600);
  EXPECT_EQ(outcome(gordon), "2");
  EXPECT_EQ(counting.writes, 3) << "the statement ends later now";
  restart();
  mesa.server.stop();
  EXPECT_EQ(outcome(gordon), "2 stale");
}

// Completion order: when the first of many long histories was verified, a short one of another domain does not wait
// for the rest.
TEST_F(LongHistories, AreVerifiedTwoAtATime) {
  constexpr int people = 32, operations = 150;
  auto& good = neighbour("example.net");
  const auto alice = good.add("alice");
  settings.workers = 1;
  std::vector<identity::Address> long_ones;
  for (int i = 0; i < people; ++i) {
    const auto local = "u" + std::to_string(i);
    long_ones.push_back(mesa.add(local));
    for (int n = 0; n < operations; ++n)
      mesa.update(local);
  }
  start();
  resolve(good.add("bob"));  // its descriptor is known
  std::atomic<int> prepared = 0;
  mesa.server.set_script([&](Turn& turn) {
    if (!is_question(turn)) return mesa.honest(turn);
    const auto text = answer(turn);
    ++prepared;
    prepared.notify_all();
    gateway.wait();
    tell(turn, text);
  });
  std::vector<testing::Pending<testing::Resolved>> waiting;
  for (const auto& one : long_ones)
    waiting.push_back(runner.start(federation->resolve(one)));
  for (int seen = prepared; seen < people; seen = prepared)
    prepared.wait(seen);
  gateway.open();
  const auto verified = [&] {
    return std::count_if(waiting.begin(), waiting.end(), [](auto& one) { return one.ready(); });
  };
  while (verified() == 0)
    std::this_thread::yield();
  EXPECT_EQ(outcome(alice), "1");
  EXPECT_LT(verified(), people / 2);
  for (auto& one : waiting)
    one.get();
}

}  // namespace
}  // namespace pd::federation
