// Answers that have a source: streams.

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/writer.h"
#include "rig.h"

namespace pd::http::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view end_of_stream = "0\r\n\r\n";

Limits quick() {
  Limits limits;
  limits.linger = 30ms;
  return limits;
}

Limits with(Limits::Time Limits::*which, Limits::Time value) {
  Limits limits = quick();
  limits.*which = value;
  return limits;
}

std::string chunk(const std::string& bytes) {
  return write_piece({bytes, false}, {});
}

TEST(Streams, SendEachPieceWhenItIsThere) {
  Rig rig(quick());
  Client client(rig.plain());
  const auto head = client.ask(get("/stream"));
  EXPECT_EQ(head->status, 200u);
  EXPECT_EQ(head->header("transfer-encoding"), "chunked");
  EXPECT_EQ(head->header("connection"), "close");
  EXPECT_EQ(head->header("content-length"), "");
  for (const std::string piece : {"one", "two", "three"}) {
    EXPECT_FALSE(client.readable(5ms));
    rig.feed.send(piece);
    EXPECT_EQ(client.receive_until(piece + "\r\n"), chunk(piece));
  }
  rig.feed.send("last", true);
  EXPECT_EQ(client.receive_until(end_of_stream), chunk("last") + "0\r\n\r\n");
  EXPECT_TRUE(client.ended());
  rig.feed.wait_over(1);
  EXPECT_THAT(rig.witness.answered(), testing::ElementsAre("GET /stream 200"));
}

TEST(Streams, SendWhatWasThereBefore) {
  Rig rig(quick());
  rig.feed.send("one");
  rig.feed.send("two");
  Client client(rig.plain());
  client.ask(get("/stream"));
  EXPECT_EQ(client.receive_until("two\r\n"), chunk("one") + chunk("two"));
}

TEST(Streams, GoOverTls) {
  const CertificateFiles files("localhost");
  Rig rig(quick());
  Client client(rig.tls(files), TlsOptions{});
  client.ask(get("/stream"));
  for (const std::string piece : {"one", "two"}) {
    rig.feed.send(piece);
    EXPECT_EQ(client.receive_until(piece + "\r\n"), chunk(piece));
  }
  rig.feed.send("", true);
  EXPECT_EQ(client.receive_until(end_of_stream), end_of_stream);
  EXPECT_TRUE(client.ended());
}

TEST(Streams, LargePiecesComeWhole) {
  Rig rig(quick());
  Client client(rig.plain());
  client.ask(get("/stream"));
  const std::string large(300'000, 'x');
  rig.feed.send(large, true);
  EXPECT_EQ(client.receive_until(end_of_stream), chunk(large) + "0\r\n\r\n");
}

TEST(Streams, AreNotChunkedForHttp10) {
  Rig rig(quick());
  Client client(rig.plain());
  const auto head = client.ask("GET /stream HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(head->header("transfer-encoding"), "");
  EXPECT_EQ(head->header("connection"), "close");
  rig.feed.send("one");
  rig.feed.send("two", true);
  EXPECT_EQ(client.receive_until("two"), "onetwo");
  EXPECT_TRUE(client.ended());
}

TEST(Streams, NeverBeginForHead) {
  Rig rig(quick());
  Client client(rig.plain());
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.receive(true);
  EXPECT_EQ(head->status, 200u);
  EXPECT_EQ(head->header("transfer-encoding"), "chunked");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(rig.feed.begun(), 0u);
}

TEST(Streams, SayNowAndThenThatTheyAreThere) {
  Rig rig(with(&Limits::heartbeat, 20ms));
  Client client(rig.plain());
  client.ask(get("/stream"));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.receive_until("beat\r\n"), chunk("beat"));
}

TEST(Streams, NoticeThatTheClientHasGone) {
  Rig rig;
  const auto port = rig.plain();
  {
    Client client(port);
    client.ask(get("/stream"));
    rig.feed.wait_begun(1);
  }
  rig.feed.wait_over(1);
  const CertificateFiles files("localhost");
  const auto secure = rig.tls(files);
  {
    Client client(secure, TlsOptions{});
    client.ask(get("/stream"));
    rig.feed.wait_begun(2);
  }
  rig.feed.wait_over(2);
}

TEST(Streams, OutliveTheLimitsOfRequests) {
  Limits limits = quick();
  for (auto which : {&Limits::handler, &Limits::write, &Limits::idle, &Limits::header})
    limits.*which = 20ms;
  Rig rig(limits);
  Client client(rig.plain());
  client.ask(get("/stream"));
  EXPECT_FALSE(client.readable(100ms));
  rig.feed.send("late");
  EXPECT_EQ(client.receive_until("late\r\n"), chunk("late"));
}

TEST(Streams, EndAfterTheirLongestTime) {
  Rig rig(with(&Limits::stream, 50ms));
  Client client(rig.plain());
  client.ask(get("/stream"));
  EXPECT_EQ(client.receive_until(end_of_stream), end_of_stream);
  EXPECT_TRUE(client.ended());
  rig.feed.wait_over(1);
}

TEST(Streams, GiveUpAClientThatDoesNotRead) {
  Rig rig(with(&Limits::write, 60ms));
  Client client(rig.plain(), 4096);
  client.ask(get("/stream"));
  rig.feed.send(std::string(2 * Rig::large, 'x'));
  rig.witness.wait_refused("write-timeout");
  rig.feed.wait_over(1);
}

TEST(Streams, GiveUpAClientThatOnlySends) {
  Rig rig(quick());
  Client client(rig.plain());
  client.ask(get("/stream"));
  rig.feed.wait_begun(1);
  client.send("ignored");
  rig.feed.send("still here");
  EXPECT_EQ(client.receive_until("here\r\n"), chunk("still here"));
  client.send(std::string(100'000, 'x'));
  rig.feed.wait_over(1);
}

TEST(Streams, EndAtOnceWhenTheEngineStops) {
  Rig rig(quick());
  Client client(rig.plain());
  client.ask(get("/stream"));
  rig.feed.wait_begun(1);
  auto stopped = std::async(std::launch::async, [&rig] { rig.engine.stop(10s); });
  EXPECT_EQ(client.receive_until(end_of_stream), end_of_stream);
  EXPECT_TRUE(client.ended());
  stopped.get();
  rig.feed.wait_over(1);
}

TEST(Streams, AreOverWhenTheStopIsWithoutGrace) {
  Rig rig;
  Client client(rig.plain(), 4096);
  client.ask(get("/stream"));
  rig.feed.send(std::string(2 * Rig::large, 'x'));
  rig.feed.wait_begun(1);
  rig.engine.stop(0ms);
  rig.feed.wait_over(1);
}

TEST(Streams, HoldTheirPlace) {
  Limits limits = quick();
  limits.connections_per_peer = 1;
  Rig rig(limits);
  const auto port = rig.plain();
  Client client(port);
  client.ask(get("/stream"));
  rig.feed.wait_begun(1);
  EXPECT_EQ(rig.engine.connections(), 1u);
  Client other(port);
  EXPECT_FALSE(other.ask(get("/hello")));
  EXPECT_EQ(rig.witness.refused("peer-connections"), 1u);
}

}  // namespace
}  // namespace pd::http::test
