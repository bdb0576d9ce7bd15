#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "call/calls.h"
#include "client/town.h"
#include "directory/contacts.h"
#include "identity/sample.h"
#include "sample_call.h"

// Devices that call each other with real signals, really sealed and verified; servers and paths are in memory.
namespace pd::call::test {

namespace asio = boost::asio;
using pd::test::Town;

inline identity::Time now() {
  return identity::sample::at(10);
}

// A link of which nothing but its ends matters.
class FakeLink final : public connect::Link {
 public:
  FakeLink(directory::VerifiedPeer peer, identity::PublicKey device) : peer_(std::move(peer)), device_(device) {}
  const directory::VerifiedPeer& peer() const override { return peer_; }
  const identity::PublicKey& device() const override { return device_; }
  std::string where() const override { return "nowhere"; }
  asio::awaitable<std::size_t> read(std::span<char>) override { co_return 0; }
  asio::awaitable<void> write(std::string_view) override { co_return; }
  void close() noexcept override {}

 private:
  directory::VerifiedPeer peer_;
  identity::PublicKey device_;
};

// All that lies between the devices.
class Line {
 public:
  explicit Line(asio::io_context& io) : io_(io) {}

  // Takes a signal to the device with that key id. Any thread.
  void carry(const std::string& signal) {
    asio::post(io_, [this, signal] {
      const auto device = identity::base64url(identity::Signal::parse(signal).value().body().device);
      carried.push_back(signal);
      if (const auto found = devices.find(device); found != devices.end() && delivers) found->second->receive(signal);
    });
  }
  // How many signals somebody has sent; to that person, where one is named.
  int sent_by(const std::string& address, const std::string& to = {}) const {
    int count = 0;
    for (const auto& signal : carried) {
      const auto body = identity::Signal::parse(signal).value().body();
      count += body.from.text() == address && (to.empty() || body.to.text() == to);
    }
    return count;
  }

  std::map<std::string, Calls*> devices;  // by key id
  std::vector<std::string> carried;
  bool delivers = true;
  std::uint8_t places = 0;
  std::map<std::string, int> at_door;  // who looks for a path, by the secrets of both
  int links = 0;                       // of who has found one

 private:
  asio::io_context& io_;
};

// A path is there once both sides look for it.
class FakePlace final : public Place {
 public:
  FakePlace(Line& line, std::uint8_t number, asio::any_io_executor executor)
      : line_(line), description_(test::description(number)), executor_(std::move(executor)) {}
  const punch::Description& description() const override { return description_; }
  asio::awaitable<LinkOutcome> find_path(punch::Description remote, punch::Role role,
                                         directory::VerifiedPeer peer) override {
    const bool calls = role == punch::Role::caller;
    const auto name = std::to_string((calls ? description_ : remote).secret[0]) + " " +
                      std::to_string((calls ? remote : description_).secret[0]);
    ++line_.at_door[name];
    session::Wake tick(executor_);
    while (line_.at_door[name] < 2) {
      co_await tick.wait(std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
    }
    ++line_.links;
    const auto device = peer.state().devices.front().key;
    co_return std::unique_ptr<connect::Link>(new FakeLink(std::move(peer), device));
  }

 private:
  Line& line_;
  punch::Description description_;
  asio::any_io_executor executor_;
};

// One device of somebody.
class Device final : public Calls::Watcher, Mailbox, Paths, session::People {
 public:
  Device(asio::io_context& io, Line& line, const Town& town, const std::string& who, const std::string& name = "laptop")
      : self(Town::credentials(who, name)),
        io_(io),
        line_(line),
        town_(town),
        contacts(folder.path() / "contacts.db"),
        history(folder.path() / "history.db"),
        gatekeeper(contacts, history, {}, now),
        workers_(io.get_executor(), 4),
        calls({io.get_executor(), workers_, *this, gatekeeper, *this, *this, self, now}, *this) {
    line.devices[key_id()] = &calls;
  }

  std::string key_id() const { return self->device_key().public_key().id(); }
  void accept(const std::string& who) {
    contacts.decide(identity::sample::address(who), directory::Decision::accepted, now());
  }
  void place(const std::string& callee) {
    asio::co_spawn(io_, calls.link_to(town_.find(callee)),
                   asio::bind_cancellation_slot(cancel.slot(), [this](const std::exception_ptr& error, auto outcome) {
                     failed = error != nullptr;
                     if (!error) reached.emplace(std::move(outcome));
                   }));
  }
  void ask(const std::string& whom) { asio::co_spawn(io_, calls.ask(town_.find(whom)), asio::detached); }
  // Says that to a device of somebody, whatever the calls under way.
  std::string seal(const std::string& to, const identity::PublicKey& device, const Message& message) const {
    const identity::SignalEnvelope envelope{self->address(), identity::sample::address(to), now(),
                                            now() + identity::Seconds(30)};
    return identity::Signal::seal(envelope, device, write_message(message).value(), self->device_key()).value().text();
  }
  bool done() const { return reached || failed; }

  // What happened here.
  std::vector<std::string> called_by;
  std::vector<std::string> asked_by;
  std::vector<std::string> missed_calls;
  std::vector<std::string> said_here;  // who has
  int considered = 0;                  // calls of who is let in
  int gathered = 0;
  int looked_up = 0;          // so that others may have noticed
  int looked_up_quietly = 0;  // at the own server alone
  std::optional<connect::Outcome<Calls::Reached>> reached;
  bool failed = false;
  bool takes_calls = true;
  asio::cancellation_signal cancel;

  const std::shared_ptr<const connect::Credentials> self;

 private:
  bool takes(const directory::VerifiedPeer&) override {
    ++considered;
    return takes_calls;
  }
  void called(std::unique_ptr<connect::Link> link) override { called_by.push_back(link->peer().address().text()); }
  void asked(const directory::VerifiedPeer& peer) override { asked_by.push_back(peer.address().text()); }
  void missed(const identity::Address&, const std::string& why) override { missed_calls.push_back(why); }
  void here(const identity::Address& who) override { said_here.push_back(who.text()); }
  void post(const std::vector<std::string>& signals) override {
    for (const auto& signal : signals)
      line_.carry(signal);
  }
  asio::awaitable<std::unique_ptr<Place>> gather() override {
    ++gathered;
    co_return std::unique_ptr<Place>(new FakePlace(line_, ++line_.places, io_.get_executor()));
  }
  directory::VerifiedPeer find(const identity::Address& address) override {
    asio::post(io_, [this] { ++looked_up; });
    return town_.find(address);
  }
  directory::VerifiedPeer find_quietly(const identity::Address& address) override {
    asio::post(io_, [this] { ++looked_up_quietly; });
    return town_.find(address);
  }
  session::Whereabouts endpoints(const directory::VerifiedPeer&) override { return {}; }
  void publish(const std::vector<identity::TcpEndpoint>&) override {}

  asio::io_context& io_;
  Line& line_;
  const Town& town_;

 public:
  pd::test::Folder folder;
  directory::Contacts contacts;
  session::History history;
  session::Gatekeeper gatekeeper;

 private:
  session::Workers workers_;

 public:
  Calls calls;
};

}  // namespace pd::call::test
