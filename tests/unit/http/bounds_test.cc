// Every bound of the engine: what goes beyond it is answered or cut off, and the engine tells of it.

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig.h"

namespace pd::http::test {
namespace {

using namespace std::chrono_literals;

// Sends a piece each time nothing has come for a moment, until something comes. Says how many pieces it took.
int drip(Client& client, const std::string& piece) {
  int pieces = 0;
  while (!client.readable(5ms) && pieces < 5000) {
    if (!client.send(piece)) break;
    ++pieces;
  }
  return pieces;
}

Limits tiny(Limits::Time Limits::*which, Limits::Time value = 60ms) {
  Limits limits;
  limits.*which = value;
  return limits;
}

TEST(Bounds, HeadersTooLarge) {
  Rig rig;
  const auto port = rig.plain();
  Client one(port);
  EXPECT_EQ(one.ask("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n")->status, 431u);
  EXPECT_TRUE(one.ended());
  Client many(port);
  std::string flood = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 65; ++i)
    flood += "A: b\r\n";
  EXPECT_EQ(many.ask(flood + "\r\n")->status, 431u);
  Client endless(port);
  std::string lines;
  for (int i = 0; i < 10'000; ++i)
    lines += "A: b\r\n";
  EXPECT_EQ(endless.ask("GET / HTTP/1.1\r\nHost: a\r\n" + lines)->status, 431u);
  Client target(port);
  EXPECT_EQ(target.ask("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n")->status, 414u);
  EXPECT_EQ(rig.witness.refused("header-limit"), 4u);
}

TEST(Bounds, HeadersUpToTheLimitAreRead) {
  Rig rig;
  Client client(rig.plain());
  const std::string start = "GET /hello HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string fits = start + std::string(8192 - start.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(client.ask(fits)->status, 200u);
  EXPECT_EQ(client.ask(start + std::string(8193 - start.size() - 4, 'x') + "\r\n\r\n")->status, 431u);
}

TEST(Bounds, BodyTooLarge) {
  Rig rig;
  const auto port = rig.plain();
  Client known(port);
  EXPECT_EQ(known.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n")->status, 413u);
  Client chunked(port);
  std::string body = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100; ++i)
    body += "400\r\n" + std::string(1024, 'x') + "\r\n";
  EXPECT_EQ(chunked.ask(body)->status, 413u);
  EXPECT_TRUE(chunked.ended());
  EXPECT_EQ(rig.witness.refused("body-limit"), 2u);
}

TEST(Bounds, AChunkLineThatNeverEnds) {
  Rig rig;
  Client client(rig.plain());
  const std::string start = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;";
  EXPECT_EQ(client.ask(start + std::string(100'000, 'x'))->status, 400u);
}

TEST(Bounds, TrailersThatNeverEnd) {
  Rig rig;
  Client client(rig.plain());
  std::string endless = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 20'000; ++i)
    endless += "A: b\r\n";
  EXPECT_EQ(client.ask(endless)->status, 400u);
}

TEST(Bounds, ASlowHeaderEndsInTime) {
  Rig rig(tiny(&Limits::header));
  Client client(rig.plain());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  EXPECT_LT(drip(client, "x"), 1000);
  EXPECT_EQ(client.receive()->status, 408u);
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(rig.witness.refused("header-timeout"), 1u);
}

TEST(Bounds, EmptyLinesAreNoWayAroundTheHeaderTime) {
  Rig rig(tiny(&Limits::header));
  Client client(rig.plain());
  EXPECT_LT(drip(client, "\r\n"), 1000);
  EXPECT_EQ(client.receive()->status, 408u);
}

TEST(Bounds, ASlowBodyEndsInTime) {
  Rig rig(tiny(&Limits::body));
  const auto port = rig.plain();
  Client known(port);
  known.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
  EXPECT_LT(drip(known, "x"), 1000);
  EXPECT_EQ(known.receive()->status, 408u);
  Client chunked(port);
  chunked.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_LT(drip(chunked, "1\r\nx\r\n"), 1000);
  EXPECT_EQ(chunked.receive()->status, 408u);
  EXPECT_EQ(rig.witness.refused("body-timeout"), 2u);
}

TEST(Bounds, AnIdleConnectionEnds) {
  Rig rig(tiny(&Limits::idle));
  const auto port = rig.plain();
  Client never(port);
  EXPECT_TRUE(never.ended());
  Client after(port);
  EXPECT_EQ(after.ask(get("/hello"))->status, 200u);
  EXPECT_TRUE(after.ended());
  EXPECT_TRUE(rig.witness.answered().size() == 1);
}

TEST(Bounds, ASlowHandlerIsAnsweredFor) {
  Limits limits = tiny(&Limits::handler);
  limits.linger = 30ms;
  Rig rig(limits);
  Client client(rig.plain());
  const auto answer = client.ask(get("/gate"));
  EXPECT_EQ(answer->status, 503u);
  EXPECT_EQ(answer->body, "refused 503");
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(rig.witness.refused("handler-timeout"), 1u);
  // The handler goes on by itself, and its place is taken until it is done.
  EXPECT_EQ(rig.engine.connections(), 1u);
  rig.gate.open();
  rig.engine.stop(10s);
  EXPECT_EQ(rig.engine.connections(), 0u);
  EXPECT_TRUE(rig.witness.answered().empty());
}

TEST(Bounds, AClientThatDoesNotReadIsCutOff) {
  Rig rig(tiny(&Limits::write));
  const CertificateFiles files("localhost");
  Client plain(rig.plain(), 4096);
  plain.send(get("/large"));
  rig.witness.wait_refused("write-timeout");
  EXPECT_FALSE(plain.receive());
  Client tls(rig.tls(files), TlsOptions{});
  tls.send(get("/large"));
  rig.witness.wait_refused("write-timeout", 2);
  EXPECT_FALSE(tls.receive());
}

TEST(Bounds, AClientThatDoesNotCloseIsLeft) {
  Limits limits = tiny(&Limits::linger);
  limits.connections = 1;
  Rig rig(limits);
  const auto port = rig.plain();
  Client client(port);
  EXPECT_EQ(client.ask("nonsense\r\n\r\n")->status, 400u);
  EXPECT_LT(drip(client, "x"), 5000);
  rig.engine.stop(10s);  // returns as soon as the connection is gone
  EXPECT_EQ(rig.engine.connections(), 0u);
}

// Closing at once would reset the connection while the client still sends, and it might never see why.
TEST(Bounds, WhoIsRefusedMayFinishItsSentence) {
  Rig rig;
  Client client(rig.plain());
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 600000\r\n\r\n")->status, 413u);
  EXPECT_TRUE(client.ended());
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(client.send(std::string(6000, 'x'))) << i;
}

TEST(Bounds, RequestsOnOneConnection) {
  Limits limits;
  limits.requests_per_connection = 3;
  Rig rig(limits);
  Client client(rig.plain());
  client.send(get("/hello") + get("/hello") + get("/hello") + get("/hello"));
  EXPECT_EQ(client.receive()->header("connection"), "");
  EXPECT_EQ(client.receive()->header("connection"), "");
  EXPECT_EQ(client.receive()->header("connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST(Bounds, ConnectionsInAll) {
  Limits limits;
  limits.connections = 2;
  Rig rig(limits);
  const auto port = rig.plain();
  {
    Client first(port), second(port);
    EXPECT_EQ(first.ask(get("/hello"))->status, 200u);
    EXPECT_EQ(second.ask(get("/hello"))->status, 200u);
    Client third(port);
    EXPECT_TRUE(third.ended());
    EXPECT_EQ(rig.witness.refused("connections"), 1u);
    EXPECT_EQ(first.ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")->status, 200u);
    EXPECT_TRUE(first.ended());
  }
  // Places come back; the engine may notice a moment after we closed.
  for (;;) {
    Client again(port);
    if (const auto answer = again.ask(get("/hello"))) {
      EXPECT_EQ(answer->status, 200u);
      break;
    }
  }
}

TEST(Bounds, ConnectionsOfOnePeer) {
  Limits limits;
  limits.connections_per_peer = 1;
  Rig rig(limits);
  const auto port = rig.plain();
  Client first(port);
  EXPECT_EQ(first.ask(get("/hello"))->status, 200u);
  Client second(port);
  EXPECT_TRUE(second.ended());
  EXPECT_EQ(rig.witness.refused("peer-connections"), 1u);
}

TEST(Bounds, GarbageIsRefusedAtOnce) {
  Rig rig;
  const auto port = rig.plain();
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02", 4), std::string(4, '\0'), std::string("{\"json\":1}"), std::string("\xff\xfe"),
        std::string(" GET / HTTP/1.1\r\n")}) {
    Client client(port);
    EXPECT_EQ(client.ask(garbage)->status, 400u);
    EXPECT_TRUE(client.ended());
  }
  Client client(port);
  EXPECT_EQ(client.ask(get("/hello"))->status, 200u);
}

// Takes every descriptor that this process may still have, after lowering how many that are.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    taken_.push_back(::open("/dev/null", O_RDONLY));
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(taken_.back()) + 1;
    ::setrlimit(RLIMIT_NOFILE, &now);
    // Below that one some may be free again: other threads open and close files too.
    for (int spare = ::open("/dev/null", O_RDONLY); spare >= 0; spare = ::open("/dev/null", O_RDONLY)) {
      taken_.push_back(spare);
    }
  }
  ~NoMoreDescriptors() {
    std::ranges::for_each(taken_, ::close);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

TEST(Bounds, RunningOutOfDescriptorsPasses) {
  Rig rig;
  const auto port = rig.plain();
  Client before(port);
  EXPECT_EQ(before.ask(get("/hello"))->status, 200u);
  Client during(port);
  EXPECT_EQ(during.ask(get("/hello"))->status, 200u);
  Client starved;
  {
    // The system completes the connection by itself; the engine has no descriptor for it.
    const NoMoreDescriptors limit;
    starved.connect(port);
    rig.witness.wait_refused("accept");
    EXPECT_EQ(before.ask(get("/hello"))->status, 200u) << "those that are connected notice nothing";
  }
  EXPECT_EQ(starved.ask(get("/hello"))->status, 200u);
}

}  // namespace
}  // namespace pd::http::test
