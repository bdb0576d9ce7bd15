#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/post.hpp>

#include "rig.h"

namespace pd::http::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string post(const std::string& headers, const std::string& body) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}

TEST(Engine, AnswersAndKeepsTheConnection) {
  Rig rig;
  Client client(rig.plain());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.ask(get("/hello"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200u);
    EXPECT_EQ(answer->body, "hello");
    EXPECT_EQ(answer->header("connection"), "");
    EXPECT_THAT(answer->header("date"), HasSubstr("GMT"));
  }
  rig.witness.wait_answered(3);
  EXPECT_THAT(rig.witness.answered(), ElementsAre("GET /hello 200", "GET /hello 200", "GET /hello 200"));
  EXPECT_EQ(rig.engine.connections(), 1u);
}

TEST(Engine, ServesManyConnectionsOnAllThreads) {
  Rig rig({}, 3);
  const auto port = rig.plain();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 50; ++i)
    clients.push_back(std::make_unique<Client>(port));
  for (auto& client : clients)
    ASSERT_TRUE(client->send(get("/hello")));
  for (auto& client : clients)
    EXPECT_EQ(client->receive()->body, "hello");
}

TEST(Engine, PipelinedRequestsAreAnsweredInOrder) {
  Rig rig;
  Client client(rig.plain());
  std::string all;
  for (int i = 0; i < 200; ++i)
    all += get("/echo/" + std::to_string(i) + "/x") + post("Content-Length: 3\r\n", "abc");
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(client.receive()->body, std::to_string(i) + "|x");
    ASSERT_EQ(client.receive()->body, "abc");
  }
}

TEST(Engine, RequestsMayComeInPieces) {
  Rig rig;
  Client client(rig.plain());
  const std::string request = "\r\n" + post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  for (const char c : request)
    ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_EQ(client.receive()->body, "abcde");
}

TEST(Engine, BodiesUpToTheLimitComeWhole) {
  Rig rig;
  Client client(rig.plain());
  std::string body(64 * 1024, 'b');
  for (std::size_t i = 0; i < body.size(); ++i)
    body[i] = static_cast<char>('a' + i % 26);
  EXPECT_EQ(client.ask(post("Content-Length: 65536\r\n", body))->body, body);
}

TEST(Engine, HeadIsGetWithoutTheBody) {
  Rig rig;
  Client client(rig.plain());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = client.receive(true);
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->header("content-length"), "5");
  EXPECT_EQ(client.ask(get("/hello"))->body, "hello") << "nothing came after the head";
}

TEST(Engine, StatusWithoutABodyHasNoLength) {
  Rig rig;
  Client client(rig.plain());
  const auto answer = client.ask(get("/empty"));
  EXPECT_EQ(answer->status, 204u);
  EXPECT_EQ(answer->header("content-length"), "");
  EXPECT_EQ(client.ask(get("/hello"))->body, "hello");
}

TEST(Engine, UnknownPathsAndMethods) {
  Rig rig;
  Client client(rig.plain());
  EXPECT_EQ(client.ask(get("/nothing"))->status, 404u);
  const auto wrong = client.ask("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(wrong->status, 405u);
  EXPECT_EQ(wrong->header("allow"), "GET, HEAD");
  EXPECT_EQ(client.ask("BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n")->status, 501u);
  EXPECT_TRUE(client.ended());
}

TEST(Engine, AHandlerThatThrowsSaysNothingOfIt) {
  Rig rig;
  Client client(rig.plain());
  const auto answer = client.ask(get("/throw"));
  EXPECT_EQ(answer->status, 500u);
  EXPECT_THAT(answer->body, Not(HasSubstr("secret")));
  rig.witness.wait_failed(1);
  EXPECT_THAT(rig.witness.failed(), ElementsAre(HasSubstr("secret")));
  EXPECT_EQ(client.ask(get("/hello"))->body, "hello") << "and the connection goes on";
}

TEST(Engine, AHeaderCannotBreakTheAnswer) {
  Rig rig;
  Client client(rig.plain());
  const auto answer = client.ask(get("/split"));
  EXPECT_EQ(answer->status, 500u);
  EXPECT_EQ(answer->header("set-cookie"), "");
}

TEST(Engine, OldClientsCloseUnlessTheyAskNotTo) {
  Rig rig;
  const auto port = rig.plain();
  Client old(port);
  EXPECT_EQ(old.ask("GET /hello HTTP/1.0\r\n\r\n")->header("connection"), "close");
  EXPECT_TRUE(old.ended());
  Client keeps(port);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(keeps.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->header("connection"), "keep-alive");
  }
  Client closes(port);
  EXPECT_EQ(closes.ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")->header("connection"), "close");
  EXPECT_TRUE(closes.ended());
}

TEST(Engine, AClientMayCloseItsSideAndStillGetTheAnswer) {
  Rig rig;
  Client client(rig.plain());
  client.send(get("/hello"));
  client.half_close();
  EXPECT_EQ(client.receive()->body, "hello");
  EXPECT_TRUE(client.ended());
}

TEST(Engine, ContinuesWhenAskedTo) {
  Rig rig;
  Client client(rig.plain());
  EXPECT_EQ(client.ask(post("Content-Length: 3\r\nExpect: 100-continue\r\n", ""))->status, 100u);
  EXPECT_EQ(client.ask("abc")->body, "abc");
  // A body that is there already needs no word; one that is too large is refused before it is sent.
  EXPECT_EQ(client.ask(post("Content-Length: 3\r\nExpect: 100-continue\r\n", "abc"))->body, "abc");
  EXPECT_EQ(client.ask(post("Content-Length: 9999999\r\nExpect: 100-continue\r\n", ""))->status, 413u);
  EXPECT_TRUE(client.ended());
}

TEST(Engine, AnAbsoluteTargetNamesTheHost) {
  Rig rig;
  Client client(rig.plain());
  EXPECT_EQ(client.ask("GET http://example.org/host?x HTTP/1.1\r\nHost: other\r\n\r\n")->body, "example.org /host?x");
}

TEST(Engine, MappedAddressesAreIpv4) {
  Rig rig;
  const auto router = std::make_shared<const Router>(
      std::vector<Route>{{"GET", "/",
                          [](const Request& request, const Captures&) -> boost::asio::awaitable<Response> {
                            co_return Response::of(200, "text/plain", request.peer.to_string());
                          }}},
      Handler{}, Handler{});
  const auto local = rig.engine.listen({boost::asio::ip::make_address("::"), 0}, router, nullptr);
  rig.engine.start();
  Client client(local.port());
  EXPECT_EQ(client.ask(get("/"))->body, "127.0.0.1");
}

TEST(Engine, ListensLaterToo) {
  Rig rig;
  rig.engine.start();
  Client client(rig.plain());
  EXPECT_EQ(client.ask(get("/hello"))->status, 200u);
}

TEST(Engine, AnAddressInUseIsAnError) {
  Rig rig;
  const auto port = rig.plain();
  EXPECT_THROW(rig.engine.listen({boost::asio::ip::make_address("127.0.0.1"), port}, nullptr, nullptr),
               boost::system::system_error);
}

TEST(Engine, LargeAnswersComeWhole) {
  Rig rig;
  const CertificateFiles files("localhost");
  Client plain(rig.plain());
  EXPECT_EQ(plain.ask(get("/large"))->body.size(), Rig::large);
  Client tls(rig.tls(files), TlsOptions{});
  EXPECT_EQ(tls.ask(get("/large"))->body, std::string(Rig::large, 'x'));
}

TEST(Engine, AnExceptionOnAContextDoesNotEndIt) {
  Rig rig({}, 1);
  Client client(rig.plain());
  boost::asio::post(rig.engine.context(), [] { throw std::runtime_error("somebody else's"); });
  rig.witness.wait_refused("context");
  EXPECT_EQ(client.ask(get("/hello"))->status, 200u);
}

}  // namespace
}  // namespace pd::http::test
