#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "federation/federation.h"
#include "federation/flights.h"
#include "support/authority.h"
#include "support/fake_domain.h"

namespace pd::federation::testing {

// What a coroutine on another thread will come to. An error crosses the threads as a value, and is thrown by get():
// exception objects share memory in ways that ThreadSanitizer cannot see through.
template <class T>
class Pending {
 public:
  explicit Pending(std::future<Outcome<T>> future) : future_(std::move(future)) {}

  T get() {
    auto outcome = future_.get();
    if (!outcome) throw RemoteError(outcome.error().trouble(), outcome.error().what(), outcome.error().rule());
    return std::move(*outcome);
  }
  bool ready() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

 private:
  std::future<Outcome<T>> future_;
};

// Runs coroutines on a thread of its own, as the engine would.
class Runner {
 public:
  Runner() : work_(boost::asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}
  ~Runner() {
    work_.reset();
    thread_.join();
  }

  boost::asio::io_context& context() { return context_; }

  // Waits for it; throws RemoteError when it does.
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return start(std::move(task)).get();
  }
  template <class T>
  Pending<T> start(boost::asio::awaitable<T> task) {
    auto promise = std::make_shared<std::promise<Outcome<T>>>();
    Pending<T> result(promise->get_future());
    boost::asio::co_spawn(context_, fulfil(std::move(promise), std::move(task)), boost::asio::detached);
    return result;
  }

 private:
  template <class T>
  static boost::asio::awaitable<void> fulfil(std::shared_ptr<std::promise<Outcome<T>>> promise,
                                             boost::asio::awaitable<T> task) {
    auto outcome = trouble<T>(Trouble::unreachable, "nothing came");
    try {
      outcome = co_await std::move(task);
    } catch (const RemoteError& error) {
      outcome = trouble<T>(error.trouble(), error.what(), error.rule());
    }
    promise->set_value(std::move(outcome));
  }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

using Resolved = std::shared_ptr<const RemoteResolution>;

// One server of example.org, composed as in real life, whose clock the test moves and whose neighbours are on loopback.
class World : public ::testing::Test {
 protected:
  World();
  ~World() override;

  // A neighbour; connections to NAME:443 go to it.
  FakeDomain& neighbour(const std::string& name);

  // Makes it with `settings` as they are now; again after a change, with the same store.
  void start();
  void restart() {
    federation.reset();
    start();
  }

  Resolved resolve(const identity::Address& address) { return runner.run(federation->resolve(address)); }
  // The trouble it ends with; fails the test when it does not.
  Trouble trouble(const identity::Address& address);
  // How many operations the answer has, and whether it is stale: "2", "2 stale", "nobody", or the trouble's name.
  std::string outcome(const identity::Address& address);
  // The trouble it ends with and the rule that was broken: "lying HIST-3".
  std::string refusal(const identity::Address& address);

  void pass(std::int64_t seconds) { *seconds_ += seconds; }
  identity::Time now() const;

  Authority authority;
  TemporaryDirectory data;
  std::shared_ptr<std::atomic<std::int64_t>> seconds_ = std::make_shared<std::atomic<std::int64_t>>(1'000);
  ops::Log log;
  ops::Metrics metrics;
  std::unique_ptr<store::Store> store;
  Gateway gateway;  // for scripts, which may outlive the test's own variables; opened in the end
  std::vector<std::unique_ptr<FakeDomain>> neighbours;
  Settings settings;
  Runner runner;
  std::unique_ptr<Federation> federation;
};

std::string name_of(Trouble trouble);

}  // namespace pd::federation::testing
