#include "session/announcer.h"

#include <future>
#include <mutex>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "identity/sample.h"

namespace pd::session {
namespace {

using namespace std::chrono_literals;
using Endpoints = Announcer::Endpoints;

const Endpoints home{identity::sample::endpoint("198.51.100.4:4433")};
const Endpoints away{identity::sample::endpoint("203.0.113.9:4433")};

// A server that writes down what it is told. Any thread.
class Server final : public People {
 public:
  directory::VerifiedPeer find(const identity::Address&) override { throw std::logic_error("not asked here"); }
  directory::VerifiedPeer find_quietly(const identity::Address&) override { throw std::logic_error("not asked here"); }
  Whereabouts endpoints(const directory::VerifiedPeer&) override { throw std::logic_error("not asked here"); }
  void publish(const Endpoints& endpoints) override {
    if (hold) hold();
    const std::lock_guard lock(mutex_);
    if (down) throw directory::Failure(directory::Kind::unreachable, "down");
    told_.push_back(endpoints);
  }
  std::vector<Endpoints> told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  std::function<void()> hold;
  std::atomic<bool> down = false;

 private:
  mutable std::mutex mutex_;
  std::vector<Endpoints> told_;
};

class AnnouncerTest : public testing::Test, public Announcer::Watcher {
 protected:
  void published(const Endpoints& endpoints) override { said.push_back(endpoints); }
  void unpublished(const std::string&) override { ++complaints; }

  static AnnouncerTimes quick() {
    AnnouncerTimes times;
    times.check = 2ms;
    times.refresh = 1h;
    times.patience = 50ms;
    return times;
  }

  void start(AnnouncerTimes times = quick()) {
    announcer = std::make_unique<Announcer>(
        io.get_executor(), workers, server, [this] { return reachable; }, *this, times);
    boost::asio::co_spawn(io, announcer->run(), [this](const std::exception_ptr& error) {
      over = true;
      failure = error;
    });
  }

  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it took too long";
      io.restart();
      io.run_one_for(10ms);
    }
  }

  void stop() {
    announcer->stop();
    until([&] { return over; });
  }

  boost::asio::io_context io{1};
  Server server;
  Endpoints reachable = home;
  std::unique_ptr<Announcer> announcer;
  std::vector<Endpoints> said;
  int complaints = 0;
  bool over = false;
  std::exception_ptr failure;
  Workers workers{io.get_executor(), 2};
};

TEST_F(AnnouncerTest, AnnouncesAndWithdraws) {
  start();
  until([&] { return said.size() == 1; });
  stop();
  EXPECT_EQ(server.told(), (std::vector<Endpoints>{home, {}}));
  EXPECT_EQ(said, std::vector<Endpoints>{home});
}

TEST_F(AnnouncerTest, AnnouncesAgainBeforeItRunsOut) {
  auto times = quick();
  times.refresh = 5ms;
  start(times);
  until([&] { return server.told().size() >= 4; });
  EXPECT_EQ(said.size(), 1U);  // which is nothing new to anybody
  stop();
}

TEST_F(AnnouncerTest, AnnouncesNewAddresses) {
  start();
  until([&] { return said.size() == 1; });
  reachable = away;
  until([&] { return said.size() == 2; });
  EXPECT_EQ(server.told(), (std::vector<Endpoints>{home, away}));
  stop();
}

TEST_F(AnnouncerTest, HasNothingToSayWithoutAnAddress) {
  reachable = {};
  start();
  until([&] { return said.size() == 1; });
  stop();
  EXPECT_TRUE(server.told().empty());
}

TEST_F(AnnouncerTest, FailsWhenItCannotBegin) {
  server.down = true;
  start();
  until([&] { return over; });
  EXPECT_TRUE(failure);
}

TEST_F(AnnouncerTest, KeepsTryingOnceItHasBegun) {
  start();
  until([&] { return said.size() == 1; });
  server.down = true;
  reachable = away;
  until([&] { return complaints == 1; });
  io.restart();
  io.run_for(20ms);
  EXPECT_EQ(complaints, 1);
  server.down = false;
  until([&] { return said.size() == 2; });
  EXPECT_EQ(server.told().back(), away);
  stop();
}

TEST_F(AnnouncerTest, WithdrawsAfterWhatIsUnderWay) {
  std::promise<void> go_on;
  server.hold = [going_on = go_on.get_future().share()] { going_on.wait(); };
  auto times = quick();
  times.patience = 30s;
  start(times);
  until([&] { return !workers.idle(); });
  announcer->stop();
  go_on.set_value();
  until([&] { return over; });
  EXPECT_EQ(server.told(), (std::vector<Endpoints>{home, {}}));
  EXPECT_TRUE(said.empty());
}

TEST_F(AnnouncerTest, MayBeGoneWhenAWorkerGetsToWhatItLeftBehind) {
  std::promise<void> go_on;
  std::function<bool()> busy = [going_on = go_on.get_future().share()] {
    going_on.wait();
    return true;
  };
  for (int thread = 0; thread < 2; ++thread)
    boost::asio::co_spawn(io, workers.run(busy, 1h), boost::asio::detached);
  io.poll();
  start();
  io.restart();
  io.poll();
  announcer->stop();
  until([&] { return over; });
  announcer.reset();
  const std::vector<char> reused(sizeof(Announcer), '\x7f');  // as the allocator has it, in the same place
  go_on.set_value();
  until([&] { return workers.idle(); });
  EXPECT_EQ(server.told(), std::vector<Endpoints>{home});
}

TEST_F(AnnouncerTest, DoesNotWaitForAServerThatSaysNothing) {
  std::promise<void> go_on;
  server.hold = [going_on = go_on.get_future().share()] { going_on.wait(); };
  start();
  until([&] { return !workers.idle(); });
  announcer->stop();
  until([&] { return over; });
  EXPECT_FALSE(failure);
  go_on.set_value();
}

}  // namespace
}  // namespace pd::session
