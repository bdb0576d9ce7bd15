#include <future>

#include <gtest/gtest.h>

#include "rig.h"

namespace pd::http::test {
namespace {

using namespace std::chrono_literals;

std::future<void> stop(Rig& rig, std::chrono::milliseconds grace) {
  return std::async(std::launch::async, [&rig, grace] { rig.engine.stop(grace); });
}

// These clients wait for the engine to close.
Limits short_goodbye() {
  Limits limits;
  limits.linger = 30ms;
  return limits;
}

TEST(Stop, FinishesWhatItAccepted) {
  Rig rig(short_goodbye());
  const auto port = rig.plain();
  Client working(port), idle(port);
  EXPECT_EQ(idle.ask(get("/hello"))->status, 200u);
  working.send(get("/gate"));
  rig.gate.wait_for_waiters(1);
  auto stopped = stop(rig, 10s);
  EXPECT_TRUE(idle.ended());
  EXPECT_THROW(for (;;) Client{port}, std::runtime_error) << "nobody listens any more";
  EXPECT_EQ(stopped.wait_for(0s), std::future_status::timeout);
  rig.gate.open();
  const auto answer = working.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "through");
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_TRUE(working.ended());
  stopped.get();
  EXPECT_EQ(rig.engine.connections(), 0u);
}

TEST(Stop, ARequestThatHasBegunIsStillRead) {
  Rig rig(short_goodbye());
  Client client(rig.plain());
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")->status,
            100u);
  auto stopped = stop(rig, 10s);
  client.send("he");
  EXPECT_FALSE(client.readable(20ms));
  client.send("llo");
  EXPECT_EQ(client.receive()->body, "hello");
  EXPECT_TRUE(client.ended());
  stopped.get();
}

TEST(Stop, WhatTakesLongerThanTheGraceIsCut) {
  Rig rig;
  Client client(rig.plain());
  client.send(get("/gate"));
  rig.gate.wait_for_waiters(1);
  rig.engine.stop(20ms);
  EXPECT_FALSE(client.receive());
}

TEST(Stop, EndsHandshakesThatDoNotGoOn) {
  const CertificateFiles files("localhost");
  Rig rig;
  Client silent(rig.tls(files));
  Client first(rig.plain());
  EXPECT_EQ(first.ask(get("/hello"))->status, 200u);
  rig.engine.stop(20ms);
  EXPECT_TRUE(silent.ended());
}

TEST(Stop, MayBeCalledTwiceOrWithoutStart) {
  Rig rig;
  rig.plain();
  rig.engine.stop(1s);
  rig.engine.stop(1s);
  Rig never;
  never.engine.stop(1s);
  const Rig untouched;
}

TEST(Stop, ContextsServeOthersUntilThen) {
  Rig rig;
  rig.plain();
  std::promise<void> ran;
  boost::asio::steady_timer timer(rig.engine.context(), 1ms);
  timer.async_wait([&](const boost::system::error_code&) { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(10s), std::future_status::ready);
}

}  // namespace
}  // namespace pd::http::test
