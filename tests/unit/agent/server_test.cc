// The agent's socket with real clients on it.
#include "agent/server.h"

#include <array>

#include <boost/asio/buffer.hpp>

#include "agent/client.h"
#include "post.h"

namespace pd::agent::test {
namespace {

using identity::sample::address;

// A client that may do anything.
struct RawClient {
  Stream stream;
  LineReader lines = {};
};

// What others send, as the methods see it.
struct Shelf final : Files {
  std::vector<Transfer> list() override { return transfers; }
  void accept(std::uint64_t number, const std::filesystem::path& folder) override {
    at(number).receiving = true;
    at(number).folder = folder.empty() ? "/usual" : folder.string();
  }
  void decline(std::uint64_t number) override { remove(number); }
  void cancel(std::uint64_t number) override { remove(number); }

  void add(std::uint64_t number, const std::string& with, bool receiving) {
    transfers.push_back({number, address(with), 2, 14, {"lab/"}, receiving});
  }
  Transfer& at(std::uint64_t number) {
    return *std::find_if(transfers.begin(), transfers.end(), [&](const auto& each) { return each.number == number; });
  }
  void remove(std::uint64_t number) {
    std::erase_if(transfers, [&](const auto& each) { return each.number == number; });
  }

  std::vector<Transfer> transfers;
};

class ServerTest : public Talk {
 protected:
  ServerTest() {
    server.emplace(io.get_executor(), path, methods);
    boost::asio::co_spawn(io, server->run(), [this](const std::exception_ptr&) { closed = true; });
  }
  ~ServerTest() override {
    server->close();
    post.hang_up();
    until([&] { return closed && post.gone; });
    io.restart();
    io.poll();
  }

  RawClient raw() { return {*connect(io.get_executor(), path)}; }

  void write(RawClient& client, const std::string& bytes) {
    client.stream.non_blocking(true);
    std::size_t sent = 0;
    until([&] {
      boost::system::error_code error;
      sent += client.stream.write_some(boost::asio::buffer(std::string_view(bytes).substr(sent)), error);
      return sent == bytes.size() || (error && error != boost::asio::error::would_block);
    });
  }

  // The next line, or nothing when the agent has closed the connection.
  std::optional<Json> read(RawClient& client) {
    client.stream.non_blocking(true);
    std::optional<std::string> line;
    until([&] {
      std::array<char, 4096> buffer;
      boost::system::error_code error;
      for (line = client.lines.next(); !line && !error; line = client.lines.next())
        client.lines.feed({buffer.data(), client.stream.read_some(boost::asio::buffer(buffer), error)});
      return line || error != boost::asio::error::would_block;
    });
    return line ? std::optional(Json::parse(*line)) : std::nullopt;
  }

  Json ask(RawClient& client, const std::string& method, const Json& params = Json::object()) {
    write(client, encode(Request{1, method, params}));
    const auto answer = read(client);
    EXPECT_TRUE(answer && answer->contains("result")) << method << ": " << answer.value_or(Json());
    return answer ? answer->value("result", Json()) : Json();
  }

  int code_of(RawClient& client, const std::string& line) {
    write(client, line + "\n");
    const auto answer = read(client);
    return answer ? answer->at("error").at("code").get<int>() : 0;
  }

  pd::test::Folder folder;
  std::filesystem::path path = folder.path() / "agent.sock";
  session::History history{folder.path() / "history.db"};
  Post post{olivier, io, people, history};
  Shelf shelf;
  Attendance attendance{{address(gordon)}, 2};
  Methods methods{{post.hub, history, shelf, address(olivier), "KEY", "test 1",
                   [] { return std::vector<directory::ContactPin>(); }, [this] { return attendance; },
                   [] { return Json::object(); }, [this] { stopped = true; }}};
  std::optional<Server> server;
  bool stopped = false;
  bool closed = false;
};

TEST_F(ServerTest, AnswersInTheOrderOfTheRequests) {
  auto client = raw();
  write(client, encode(Request{"a", "hello", Json::object()}) + "\n" + encode(Request{2, "whoami", Json::object()}));
  EXPECT_EQ(read(client)->at("id"), "a");
  EXPECT_EQ(read(client)->at("result").at("device_key"), "KEY");
}

TEST_F(ServerTest, WhatIsWrongIsToldAndTheNextRequestIsDone) {
  auto client = raw();
  EXPECT_EQ(code_of(client, "no JSON"), -32700);
  EXPECT_EQ(code_of(client, R"([{"jsonrpc":"2.0","id":1,"method":"hello"}])"), -32700);
  EXPECT_EQ(code_of(client, R"({"id":1,"method":"hello"})"), -32600);
  EXPECT_EQ(code_of(client, R"({"jsonrpc":"2.0","id":1,"method":"dance"})"), -32601);
  EXPECT_EQ(code_of(client, R"({"jsonrpc":"2.0","id":1,"method":"send","params":{"to":"x","text":"y"}})"), -32602);
  EXPECT_EQ(code_of(client, R"({"jsonrpc":"2.0","id":1,"method":"history","params":{"with":"a@b.org","limit":501}})"),
            -32602);
  EXPECT_EQ(ask(client, "hello").at("v"), 1);
}

TEST_F(ServerTest, ARequestWithoutAnIdIsDoneAndNotAnswered) {
  auto client = raw();
  write(client, encode(Request{{}, "send", {{"to", alice}, {"text", "quietly"}}}));
  write(client, encode(Request{{}, "no such method", Json::object()}));
  EXPECT_EQ(ask(client, "hello").at("v"), 1);
  EXPECT_EQ(history.count_undelivered(address(alice)), 1U);
}

TEST_F(ServerTest, ALineThatIsTooLongEndsTheConnection) {
  auto client = raw();
  write(client, std::string(max_line_bytes + 1, 'x'));
  EXPECT_EQ(read(client)->at("error").at("code"), -32600);
  EXPECT_FALSE(read(client));
  auto other = raw();
  EXPECT_EQ(ask(other, "hello").at("v"), 1);
}

TEST_F(ServerTest, AMessageIsToldToOthersWhoSubscribedButNotToWhoSentIt) {
  auto sender = raw();
  auto other = raw();
  ask(sender, "subscribe");
  ask(other, "subscribe");
  const auto sent = ask(sender, "send", {{"to", gordon}, {"text", "hello"}});
  EXPECT_EQ(sent.at("state"), "waiting");
  const auto told = read(other);
  EXPECT_EQ(told->at("method"), "message");
  EXPECT_EQ(told->at("params"), sent);
  EXPECT_FALSE(told->contains("id"));
}

TEST_F(ServerTest, UnreadIsCountedUntilItIsRead) {
  const std::vector<session::Message> three = {{session::new_id(), identity::sample::at(1), "one"},
                                               {session::new_id(), identity::sample::at(2), "two"},
                                               {session::new_id(), identity::sample::at(3), "three"}};
  history.receive(address(gordon), three, identity::sample::at(10));
  auto client = raw();
  const auto listed = ask(client, "conversations").at("conversations");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].at("unread"), 3);
  EXPECT_EQ(listed[0].at("last").at("text"), "three");
  const auto messages = ask(client, "history", {{"with", gordon}, {"limit", 2}});
  EXPECT_EQ(messages.at("more"), true);
  EXPECT_EQ(messages.at("messages")[0].at("text"), "two");
  const auto before = messages.at("messages")[0].at("seq");
  EXPECT_EQ(ask(client, "mark_read", {{"with", gordon}, {"through", before}}).at("unread"), 1);
  EXPECT_EQ(ask(client, "mark_read", {{"with", gordon}, {"through", 0}}).at("unread"), 1) << "nothing becomes unread";
  const auto older = ask(client, "history", {{"with", gordon}, {"before", before}});
  EXPECT_EQ(older.at("messages")[0].at("text"), "one");
  EXPECT_EQ(older.at("more"), false);
  EXPECT_EQ(ask(client, "mark_read", {{"with", gordon}}).at("unread"), 0);
}

TEST_F(ServerTest, HistoryGivesNoMoreThanALineHolds) {
  const std::vector<std::string> long_ones(20, std::string(session::max_text_bytes, 'x'));
  history.write(address(gordon), long_ones, identity::sample::at(10));
  auto client = raw();
  const auto result = ask(client, "history", {{"with", gordon}, {"limit", 20}});
  EXPECT_EQ(result.at("more"), true);
  EXPECT_GT(result.at("messages").size(), 4U);
  EXPECT_LE(encoded_size(result), max_line_bytes);
}

TEST_F(ServerTest, WhoDoesNotReadIsCutOffAndNobodyElse) {
  auto slow = raw();
  auto other = raw();
  ask(slow, "subscribe");
  const std::string text(session::max_text_bytes, 'x');
  int sent = 0;
  for (; server->clients() == 2 && sent < 1'000; ++sent)
    ask(other, "send", {{"to", gordon}, {"text", text}});
  EXPECT_LT(sent, 1'000) << "what is kept for a client has no bound";
  EXPECT_GT(sent, static_cast<int>(too_much_output / (text.size() + 400)) - 1);
}

TEST_F(ServerTest, WhoAsksAndDoesNotReadIsNotHeardFurther) {
  history.write(address(gordon), std::vector<std::string>(6, std::string(session::max_text_bytes, 'x')),
                identity::sample::at(10));
  auto client = raw();
  std::string requests;
  for (int i = 0; i < 100; ++i)
    requests += encode(Request{i, "history", {{"with", gordon}}});
  write(client, requests);
  for (int i = 0; i < 100; ++i) {
    const auto answer = read(client);
    ASSERT_TRUE(answer) << "cut off after " << i;
    EXPECT_EQ(answer->at("id"), i);
  }
}

TEST_F(ServerTest, ThereAreAtMostSoManyClients) {
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < max_clients; ++i) {
    clients.push_back(raw());
    ask(clients.back(), "hello");
  }
  auto more = raw();
  EXPECT_EQ(read(more)->at("error").at("code"), -32001);
  EXPECT_FALSE(read(more));
  clients.pop_back();
  until([&] { return server->clients() < max_clients; });
  auto again = raw();
  EXPECT_EQ(ask(again, "hello").at("v"), 1);
}

TEST_F(ServerTest, AConversationIsOpenAsLongAsItsClientIsThere) {
  {
    auto client = raw();
    ask(client, "open", {{"with", alice}});
    ask(client, "open", {{"with", alice}});
    until([&] { return people.asked(alice) > 2; });
  }
  until([&] { return server->clients() == 0; });
  io.restart();
  io.run_for(std::chrono::milliseconds(30));
  const auto asked = people.asked(alice);
  io.restart();
  io.run_for(std::chrono::milliseconds(100));
  EXPECT_EQ(people.asked(alice), asked);
}

TEST_F(ServerTest, OneClientOpensOnlySoManyConversations) {
  auto client = raw();
  for (int i = 0; i < 16; ++i)
    ask(client, "open", {{"with", "p" + std::to_string(i) + "@example.com"}});
  EXPECT_EQ(code_of(client, R"({"jsonrpc":"2.0","id":1,"method":"open","params":{"with":"q@example.com"}})"), -32001);
}

TEST_F(ServerTest, AnOfferIsAcceptedByItsNumberOrItsPerson) {
  shelf.add(1, gordon, false);
  shelf.add(2, gordon, false);
  shelf.add(3, alice, false);
  auto client = raw();
  EXPECT_EQ(ask(client, "files").at("files").size(), 3U);
  EXPECT_EQ(ask(client, "status").at("offers"), 3);
  const auto first = ask(client, "accept_files", {{"number", 1}, {"folder", "/there"}});
  EXPECT_EQ(first, (Json{{"number", 1},
                         {"with", gordon},
                         {"state", "receiving"},
                         {"files", 2},
                         {"bytes", 14},
                         {"names", {"lab/"}},
                         {"folder", "/there"},
                         {"bytes_there", 0},
                         {"rate", 0}}));
  EXPECT_EQ(ask(client, "accept_files", {{"with", gordon}}).at("number"), 2) << "the only one that still waits";
  ask(client, "decline_files", {{"with", alice}});
  ask(client, "cancel_files", {{"number", 1}});
  const auto left = ask(client, "files").at("files");
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].at("folder"), "/usual");
}

TEST_F(ServerTest, WhatIsNotOfferedIsNotTaken) {
  shelf.add(1, gordon, false);
  shelf.add(2, gordon, false);
  shelf.add(3, alice, true);
  auto client = raw();
  const auto code = [&](const std::string& method, const Json& params) {
    auto line = encode(Request{1, method, params});
    line.pop_back();
    return code_of(client, line);
  };
  EXPECT_EQ(code("accept_files", {{"number", 4}}), -32002);
  EXPECT_EQ(code("accept_files", {{"number", 3}}), -32002) << "it is received already";
  EXPECT_EQ(code("cancel_files", {{"number", 1}}), -32002) << "it is only offered";
  EXPECT_EQ(code("decline_files", {{"with", alice}}), -32002);
  EXPECT_EQ(code("accept_files", {{"with", gordon}}), -32602) << "there are two";
  EXPECT_EQ(code("accept_files", Json::object()), -32602);
  EXPECT_EQ(code("accept_files", {{"number", 1}, {"with", gordon}}), -32602);
  EXPECT_EQ(code("accept_files", {{"number", 1}, {"folder", "there"}}), -32602);
  EXPECT_EQ(shelf.transfers.size(), 3U);
  EXPECT_FALSE(shelf.at(1).receiving);
}

TEST_F(ServerTest, WhoIsHereIsAnsweredAtOnceAndToldLater) {  // AGT-27
  auto client = raw();
  ask(client, "subscribe");
  EXPECT_EQ(ask(client, "who_is_here"), (Json{{"here", {gordon}}, {"asked", 2}}));
  server->tell(notification(SaidHere{address(gordon)}, address(olivier)));
  EXPECT_EQ(*read(client), (Json{{"jsonrpc", "2.0"}, {"method", "here"}, {"params", {{"with", gordon}}}}));
}

TEST_F(ServerTest, StopIsAnsweredAndTheSocketIsRemoved) {
  auto client = raw();
  ask(client, "stop");
  EXPECT_TRUE(stopped);
  server->close();
  EXPECT_FALSE(read(client));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ServerTest, TheClientOfThisLibraryUnderstandsIt) {
  std::vector<Notification> told;
  const auto client =
      std::make_shared<Client>(raw().stream, [&](const Notification& notification) { told.push_back(notification); });
  boost::asio::co_spawn(io, client->run(), boost::asio::detached);
  std::optional<Json> result;
  std::exception_ptr failure;
  bool over = false;
  const auto talk = [&]() -> boost::asio::awaitable<void> {
    co_await client->call("subscribe");
    result = co_await client->call("hello");
    const Json wrong{{"to", "nobody"}, {"text", "x"}};
    co_await client->call("send", wrong);
  };
  boost::asio::co_spawn(io, talk, [&](const std::exception_ptr& error) {
    failure = error;
    over = true;
  });
  until([&] { return over; });
  EXPECT_EQ(result->at("address"), olivier);
  EXPECT_THROW(std::rethrow_exception(failure), directory::Failure);
  auto other = raw();
  ask(other, "send", {{"to", gordon}, {"text", "hello"}});
  until([&] { return !told.empty(); });
  EXPECT_EQ(told[0].params.at("text"), "hello");
  client->close();
}

}  // namespace
}  // namespace pd::agent::test
