#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "client/town.h"
#include "connect/listener.h"
#include "identity/sample.h"
#include "session/caller.h"
#include "session/switchboard.h"

// People who really talk: over TLS on loopback sockets, with histories on disk; only the directory is in memory.
namespace pd::session::test {

using pd::test::Town;

inline constexpr std::chrono::seconds patience{60};

// The directory as everybody sees it. Any thread.
class TownPeople final : public People {
 public:
  explicit TownPeople(const Town& town) : town_(town) {}

  directory::VerifiedPeer find(const identity::Address& address) override {
    {
      const std::lock_guard lock(mutex_);
      ++asked_[address.text()];
    }
    if (before_find && address.text() == slow_about) before_find();
    return town_.find(address);
  }
  directory::VerifiedPeer find_quietly(const identity::Address& address) override { return find(address); }
  Whereabouts endpoints(const directory::VerifiedPeer& peer) override {
    const std::lock_guard lock(mutex_);
    return {endpoints_[peer.address().text()], dropped};
  }
  void publish(const std::vector<identity::TcpEndpoint>&) override {}

  void say(const std::string& who, std::optional<std::uint16_t> port) {
    const std::lock_guard lock(mutex_);
    endpoints_[who].clear();
    if (port) endpoints_[who].push_back(identity::sample::loopback(*port));
  }

  // How often somebody was looked up.
  int asked(const std::string& who) {
    const std::lock_guard lock(mutex_);
    return asked_[who];
  }

  std::function<void()> before_find;  // on the worker's thread, for one address
  std::string slow_about;
  std::string dropped;  // what is said of records that are not believed

 private:
  const Town& town_;
  std::mutex mutex_;
  std::map<std::string, std::vector<identity::TcpEndpoint>> endpoints_;
  std::map<std::string, int> asked_;
};

// One person's side: a history, and what was seen.
class Person : public Observer, public Caller::Watcher {
 public:
  Person(std::string name, boost::asio::io_context& io, People& people)
      : who(std::move(name)),
        history(folder.path() / "history.db"),
        io_(io),
        people_(people),
        workers_(io.get_executor(), 4) {}

  Channel::Shared shared() {
    return {history, *this, [] { return identity::sample::at(10); }, allowance, features, chats};
  }

  // Listens on a new port, and returns it.
  std::uint16_t listen(Switchboard::Admit admit = [](const auto&) { return std::nullopt; }) {
    listener.emplace(io_.get_executor(), *Town::credentials(who), "127.0.0.1", 0);
    switchboard = std::make_unique<Switchboard>(Switchboard::Parts{
        io_.get_executor(), workers_, people_, shared(), std::move(admit),
        [this](const identity::Address& claimed, const std::string& why) { refused.emplace_back(claimed.text(), why); },
        patience});
    boost::asio::co_spawn(io_, listener->run([this](connect::UnverifiedLink link) { take(std::move(link)); }),
                          boost::asio::detached);
    return listener->local().port();
  }

  void hang_up() {
    listener->close();
    hung_up = false;
    boost::asio::co_spawn(io_, switchboard->shut_down(), [this](const std::exception_ptr&) { hung_up = true; });
  }

  void call(const std::string& callee, const std::string& device = "laptop") {
    reach = std::make_unique<PublishedEndpoints>(
        workers_, people_, Town::credentials(who, device),
        [this](const identity::Address&, const std::string& what) { drops.push_back(what); });
    caller = std::make_unique<Caller>(Caller::Parts{io_.get_executor(), workers_, people_, shared(), ways(),
                                                    identity::sample::address(callee), std::chrono::milliseconds(5)},
                                      *this);
    over = false;
    boost::asio::co_spawn(io_, caller->run(), [this](const std::exception_ptr& error, const Ended& ended) {
      over = true;
      how = ended;
      failure = error;
    });
  }

  void write(const std::string& to, const std::vector<std::string>& texts) {
    const auto address = identity::sample::address(to);
    history.write(address, texts, identity::sample::at(10));
    if (caller) caller->pump();
    if (switchboard) switchboard->pump(address);
  }

  bool all_delivered(const std::string& to) { return history.count_undelivered(identity::sample::address(to)) == 0; }

  // What `from` said, in the order of the history.
  std::vector<std::string> heard_of(const std::string& from) {
    std::vector<std::string> texts;
    for (const auto& entry : history.newest(identity::sample::address(from), 100'000))
      if (entry.delivery == Delivery::received) texts.push_back(entry.message.text);
    return texts;
  }

  std::optional<directory::Kind> failed_as() const {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const directory::Failure& known) {
      return known.kind();
    }
    return {};
  }

  bool workers_idle() const { return workers_.idle(); }

  void opened(const Channel&) override { ++sessions; }
  void received(const Channel& channel, const Message& message) override {
    shown.emplace_back(channel.address().text(), message.text);
  }
  void delivered(const Channel&, const std::vector<std::string>& ids) override { deliveries += ids.size(); }
  void closed(const Channel&, const Ended& ended) override { endings.push_back(ended.ending); }
  void found(const directory::VerifiedPeer&) override {}
  void not_reached(const std::string& why) override { reasons.push_back(why); }

  const std::string who;
  pd::test::Folder folder;
  History history;
  Allowance* allowance = nullptr;
  std::vector<Feature*> features;  // before it listens or calls
  bool chats = true;               // the same
  std::optional<connect::Listener> listener;
  std::unique_ptr<Switchboard> switchboard;
  std::unique_ptr<PublishedEndpoints> reach;
  std::unique_ptr<Caller> caller;

  Reach* other_way = nullptr;                      // of call(); none: there is no other
  std::optional<directory::VerifiedPeer> join_as;  // who dials is this one, and needs no verification

  std::vector<std::pair<std::string, std::string>> shown;  // who, what: on the screen
  std::vector<std::pair<std::string, std::string>> refused;
  std::vector<std::string> reasons;
  std::vector<std::string> drops;
  std::vector<Ending> endings;
  std::size_t deliveries = 0;
  int sessions = 0;
  bool over = false;
  bool hung_up = false;
  Ended how{};
  std::exception_ptr failure;

 private:
  Reach& ways() {
    if (other_way == nullptr) return *reach;
    with_fallback_ = std::make_unique<WithFallback>(*reach, *other_way);
    return *with_fallback_;
  }
  void take(connect::UnverifiedLink link) {
    if (!join_as) return switchboard->answer(std::move(link));
    auto verified = std::move(link).verify(*join_as);
    ASSERT_TRUE(verified);
    switchboard->join(*std::move(verified));
  }

  boost::asio::io_context& io_;
  People& people_;
  Workers workers_;
  std::unique_ptr<WithFallback> with_fallback_;
};

// Runs it all on the test's own thread.
class Talk : public testing::Test {
 protected:
  Talk() {
    for (const auto* who : {"olivier@example.org", "gordon@blackmesa.us", "alice@example.com", "eve@example.net"})
      town.settle(who, {"laptop", "phone"});
  }

  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it took too long";
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
    }
  }

  // Nothing is left under way that would refer to who is destroyed next.
  void end(Person& caller) {
    if (!caller.over) caller.caller->stop(Farewell::done);
    until([&] { return caller.over; });
  }
  void end_listener(Person& listener) {
    listener.hang_up();
    until([&] { return listener.hung_up; });
    io.restart();
    io.poll();
  }

  boost::asio::io_context io{1};
  Town town;
  TownPeople people{town};
  const std::string olivier = "olivier@example.org";
  const std::string gordon = "gordon@blackmesa.us";
  const std::string alice = "alice@example.com";
  const std::string eve = "eve@example.net";
};

}  // namespace pd::session::test
