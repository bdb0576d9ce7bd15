#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "files/order.h"
#include "files/receiving.h"
#include "files/sending.h"
#include "talk.h"

// Files over real sessions: TLS on loopback sockets, one thread for both sides and one for each disk.
namespace pd::files {
namespace {

namespace fs = std::filesystem;
using session::test::Person;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Sent final : SendingWatcher {
  void offered() override { ++offers; }
  void accepted(std::uint64_t bytes_there) override { there = bytes_there; }
  void sent(std::uint64_t more) override { bytes += more; }
  void not_sent(const std::string& what) override { failures.push_back(what); }
  void arrived(std::size_t, std::size_t last) override { arrivals = last; }
  void finished() override { done = true; }
  void cancelled(const std::string& reason, const std::string&) override { refusal = reason; }

  int offers = 0;
  std::uint64_t there = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> failures;
  std::size_t arrivals = 0;
  bool done = false;
  std::string refusal;
};

struct Received final : DeliveryWatcher {
  void offered(const std::shared_ptr<Delivery>& delivery) override {
    asked.push_back(delivery);
    if (accepts) delivery->accept(into);
  }
  void started(const Delivery&, std::uint64_t bytes_there) override { there = bytes_there; }
  void written(const Delivery&, std::uint64_t more) override { bytes += more; }
  void placed(const Delivery&, std::size_t, const std::string& path) override { paths.push_back(path); }
  void finished(const Delivery&) override { done = true; }
  void stopped(const Delivery&, const std::string& message) override { stops.push_back(message); }

  fs::path into;
  bool accepts = true;
  std::vector<std::shared_ptr<Delivery>> asked;
  std::uint64_t there = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> paths;
  bool done = false;
  std::vector<std::string> stops;
};

class FilesOverSessions : public session::test::Talk {
 protected:
  FilesOverSessions() {
    received.into = there();
    host.features = {&receiver};
    guest.features = {&sender};
  }
  ~FilesOverSessions() override {
    if (guest.caller) end(guest);
    if (host.switchboard) end_listener(host);
  }

  void start() {
    people.say(gordon, host.listen());
    guest.call(gordon);
  }
  fs::path there() const { return folder.path() / "there"; }

  static std::string write_large(const fs::path& file) {
    std::string content;
    for (int i = 0; content.size() < 20'000'000; ++i)
      content += std::to_string(i);
    std::ofstream(file, std::ios::binary) << content;
    return content;
  }

  pd::test::Folder folder;
  const std::string large = write_large(folder.path() / "large");
  Person host{gordon, io, people};
  Person guest{olivier, io, people};
  Sent sent;
  Received received;
  Disk host_disk{io.get_executor()};
  Disk guest_disk{io.get_executor()};
  Receiver receiver{host_disk, received};
  Sender sender{collect({folder.path() / "large"}, [](const std::string&) {}), guest_disk, sent};
};

TEST_F(FilesOverSessions, AFileArrivesAndMessagesPassIt) {
  start();
  until([&] { return sent.bytes > 1'000'000; });
  guest.write(gordon, {"look at it"});
  until([&] { return guest.all_delivered(gordon); });
  EXPECT_LT(sent.bytes, large.size());  // the message did not wait for the file
  until([&] { return sent.done && received.done; });
  EXPECT_EQ(content_of(there() / "large"), large);
  EXPECT_EQ(received.bytes, large.size());
  EXPECT_EQ(received.paths, std::vector<std::string>{"large"});
}

TEST_F(FilesOverSessions, WhoIsDialledMaySend) {  // who sends and who takes it may call each other at the same time
  host.features = {&sender};
  guest.features = {&receiver};
  start();
  until([&] { return sent.done && received.done; });
  EXPECT_EQ(content_of(there() / "large"), large);
}

TEST_F(FilesOverSessions, ALostLinkIsTakenUpAgain) {
  start();
  until([&] { return received.bytes > 9'000'000; });
  end_listener(host);  // "shutdown": the caller dials again
  people.say(gordon, host.listen());
  until([&] { return sent.done; });
  EXPECT_EQ(sent.offers, 2);
  EXPECT_GT(sent.there, 9'000'000U);
  EXPECT_EQ(content_of(there() / "large"), large);
}

TEST_F(FilesOverSessions, WhatIsDeclinedIsNotSent) {
  received.accepts = false;
  start();
  until([&] { return !received.asked.empty(); });
  EXPECT_EQ(received.asked.front()->sender().address().text(), olivier);
  received.asked.front()->decline("no");
  until([&] { return sent.refusal == "declined"; });
  EXPECT_EQ(sent.bytes, 0U);
  EXPECT_FALSE(fs::exists(there()));
}

TEST_F(FilesOverSessions, AnOfferMayWait) {
  received.accepts = false;
  start();
  until([&] { return !received.asked.empty(); });
  received.asked.front()->accept(there());
  received.asked.front()->accept(folder.path() / "elsewhere");  // once is enough
  until([&] { return sent.done; });
  EXPECT_EQ(content_of(there() / "large"), large);
}

TEST_F(FilesOverSessions, ItsSenderStopsIt) {
  start();
  until([&] { return received.bytes > 0; });
  sender.cancel();
  until([&] { return !received.stops.empty(); });
  EXPECT_FALSE(fs::exists(there() / "large"));
}

TEST_F(FilesOverSessions, ItsReceiverStopsItAndKeepsWhatHasCome) {
  start();
  until([&] { return received.bytes > 1'000'000; });
  received.asked.front()->cancel("enough");
  until([&] { return sent.refusal == "stopped"; });
  EXPECT_EQ(received.stops.size(), 1U);
  EXPECT_FALSE(fs::exists(there() / "large"));
  end(guest);
  guest.call(gordon);
  until([&] { return sent.done; });
  EXPECT_GT(sent.there, 1'000'000U);
  EXPECT_EQ(content_of(there() / "large"), large);
}

TEST_F(FilesOverSessions, WhatIsStoppedBeforeItBeginsIsNotSent) {
  received.accepts = false;
  start();
  until([&] { return !received.asked.empty(); });
  received.asked.front()->cancel("not yet accepted");  // does nothing
  received.asked.front()->accept(there());
  received.asked.front()->cancel("enough");
  until([&] { return sent.refusal == "stopped"; });
  EXPECT_EQ(sent.bytes, 0U);
  EXPECT_EQ(received.stops.size(), 1U);
}

// Offers one file of `size` bytes, and then sends whatever the test likes.
class Rude final : public session::Feature, public session::Extension {
 public:
  explicit Rude(std::uint64_t size) : size_(size) {}
  session::FeatureTypes types() const override { return files_feature(); }
  std::shared_ptr<session::Extension> start(session::Channel& to) override {
    channel = &to;
    to.send(encode_offer(1, {{"a", false, size_, {}, false}}));
    return {this, [](auto*) {}};  // it belongs to the test
  }
  identity::Result<void> receive(std::uint8_t type, std::string) override {
    accepted |= type == static_cast<std::uint8_t>(Type::accept);
    return {};
  }
  void supply() override {}
  void close() override { channel = nullptr; }

  void send_data(std::uint64_t bytes) {
    std::string frames;
    for (; bytes > 0; bytes -= std::min<std::uint64_t>(bytes, max_data_bytes))
      append_data(frames, 1, std::min<std::uint64_t>(bytes, max_data_bytes));
    channel->send(frames);
  }

  session::Channel* channel = nullptr;
  bool accepted = false;

 private:
  std::uint64_t size_;
};

class RudeSender : public FilesOverSessions {
 protected:
  RudeSender() { guest.features = {&rude}; }
  ~RudeSender() override {
    if (guest.caller) end(guest);  // while `rude` is there
  }

  // A message has come through behind all that was sent.
  void expect_to_talk() {
    guest.write(gordon, {"are you there?"});
    until([&] { return guest.all_delivered(gordon) || !host.endings.empty(); });
    EXPECT_TRUE(host.endings.empty());
  }
  void expect_to_be_thrown_out() {
    until([&] { return !host.endings.empty(); });
    EXPECT_EQ(host.endings, std::vector{session::Ending::broken});
  }

  Rude rude{10 * ahead_of_disk};
};

TEST_F(RudeSender, SendsNothingOfWhatWasNotAccepted) {
  received.accepts = false;
  start();
  until([&] { return !received.asked.empty(); });
  rude.send_data(1);
  expect_to_be_thrown_out();
}

TEST_F(RudeSender, SendsNothingOfWhatWasDeclined) {
  received.accepts = false;
  start();
  until([&] { return !received.asked.empty(); });
  received.asked.front()->decline("no");
  rude.send_data(1);
  expect_to_be_thrown_out();
}

TEST_F(RudeSender, SendsNoMoreThanItsLimitOfWhatIsOver) {
  start();
  until([&] { return rude.accepted; });
  rude.channel->send(encode(Begin{1, 0, 0}));
  rude.send_data(1'000);
  until([&] { return received.bytes == 1'000; });
  received.asked.front()->cancel("enough");
  rude.send_data(ahead_of_disk - 1'000);  // may have crossed it
  expect_to_talk();
  rude.send_data(1);
  expect_to_be_thrown_out();
}

TEST_F(FilesOverSessions, WithoutTheFeatureNothingIsOffered) {
  host.features.clear();
  start();
  until([&] { return guest.sessions == 1; });
  guest.write(gordon, {"are you there?"});
  until([&] { return guest.all_delivered(gordon); });
  EXPECT_EQ(sent.offers, 0);
}

}  // namespace
}  // namespace pd::files
