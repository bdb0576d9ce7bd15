#include <ostream>

#include "identity/sample.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using testing::FakeDomain;
using testing::Turn;
using testing::World;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

void slow(Turn& turn) {
  if (!turn.raw(ok + "Content-Length: 1000\r\n\r\n")) return;
  while (turn.raw(" "))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

void slow_headers(Turn& turn) {
  while (turn.raw("H"))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

void endless_body(Turn& turn) {
  if (!turn.raw(ok + "Transfer-Encoding: chunked\r\n\r\n")) return;
  const auto chunk = "4000\r\n" + std::string(0x4000, ' ') + "\r\n";
  while (turn.raw(chunk)) {
  }
}

void endless_chunk_extension(Turn& turn) {
  if (!turn.raw(ok + "Transfer-Encoding: chunked\r\n\r\n1;")) return;
  while (turn.raw(std::string(1'000, 'x'))) {
  }
}

void endless_headers(Turn& turn) {
  if (!turn.raw("HTTP/1.1 200 OK\r\n")) return;
  while (turn.raw("X-More: " + std::string(1'000, 'a') + "\r\n")) {
  }
}

void endless_line(Turn& turn) {
  while (turn.raw(std::string(1'000, 'a'))) {
  }
}

void endless_continue(Turn& turn) {
  while (turn.raw("HTTP/1.1 100 Continue\r\n\r\n")) {
  }
}

void claims_too_much(Turn& turn) {
  turn.raw(ok + "Content-Length: 999999999999\r\n\r\n");
}
void garbage(Turn& turn) {
  turn.raw("\xff\x16\x03\x01 no HTTP\r\n\r\n");
}
void cut_short(Turn& turn) {
  turn.raw(ok + "Content-Length: 1000\r\n\r\n{");
}
void nothing(Turn& turn) {
  turn.raw("");
}
void server_error(Turn& turn) {
  turn.reply(500, "{}", {{"Content-Type", "application/json"}});
}
void redirect(Turn& turn) {
  turn.reply(301, "", {{"Location", "https://blackmesa.us/elsewhere"}});
}
void busy(Turn& turn) {
  turn.reply(429, "", {{"Retry-After", "1"}});
}

struct Kind {
  const char* name;
  void (*script)(Turn&);
};

void PrintTo(const Kind& it, std::ostream* out) {
  *out << it.name;
}

struct BadNeighbours : World, ::testing::WithParamInterface<Kind> {
  FakeDomain& mesa = neighbour("blackmesa.us");
  FakeDomain& good = neighbour("example.net");
  const identity::Address gordon = mesa.add("gordon");
  const identity::Address alice = good.add("alice");

  BadNeighbours() { settings.timeout = std::chrono::seconds(2); }
};

TEST_P(BadNeighbours, AreGivenUpAndHurtNobodyElse) {
  start();
  mesa.server.set_script(GetParam().script);
  auto waiting = runner.start(federation->resolve(gordon));
  EXPECT_EQ(outcome(alice), "1");
  try {
    waiting.get();
    ADD_FAILURE() << "it was believed";
  } catch (const RemoteError& error) {
    EXPECT_EQ(error.trouble(), Trouble::unreachable) << error.what();
  }
}

TEST_P(BadNeighbours, LeaveTheOldAnswerStale) {
  mesa.max_age = "0";
  start();
  ASSERT_EQ(outcome(gordon), "1");
  mesa.server.set_script(GetParam().script);
  EXPECT_EQ(outcome(gordon), "1 stale");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadNeighbours,
    ::testing::Values(Kind{"slow", slow}, Kind{"slow_headers", slow_headers}, Kind{"endless_body", endless_body},
                      Kind{"endless_chunk_extension", endless_chunk_extension},
                      Kind{"endless_headers", endless_headers}, Kind{"endless_line", endless_line},
                      Kind{"endless_continue", endless_continue}, Kind{"claims_too_much", claims_too_much},
                      Kind{"garbage", garbage}, Kind{"cut_short", cut_short}, Kind{"nothing", nothing},
                      Kind{"server_error", server_error}, Kind{"redirect", redirect}, Kind{"busy", busy}),
    [](const auto& of) { return of.param.name; });

struct BadCertificates : World {
  void expect_unreachable(boost::asio::ssl::context tls) {
    FakeDomain mesa(authority, "blackmesa.us", [this] { return now(); });
    testing::TlsServer server(std::move(tls), [&](Turn& turn) { mesa.honest(turn); });
    settings.resolve.push_back({mesa.domain, 443, "127.0.0.1", server.port()});
    start();
    EXPECT_EQ(outcome(mesa.add("gordon")), "unreachable");
    EXPECT_TRUE(server.asked().empty()) << "not a byte of HTTP";
    federation->stop();
  }
};

TEST_F(BadCertificates, OfAnotherName) {
  expect_unreachable(authority.server({"example.net", "sub.blackmesa.us"}));
}

TEST_F(BadCertificates, Expired) {
  expect_unreachable(authority.server({"blackmesa.us"}, true));
}

TEST_F(BadCertificates, OfAnAuthorityThatNobodyTrusts) {
  const testing::Authority stranger;
  expect_unreachable(stranger.server({"blackmesa.us"}));
}

TEST_F(BadCertificates, OverTls11) {
  auto tls = authority.server({"blackmesa.us"});
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(tls.native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(tls.native_handle(), 0);
  expect_unreachable(std::move(tls));
}

struct KeptConnections : World {
  FakeDomain& mesa = neighbour("blackmesa.us");
};

TEST_F(KeptConnections, ThatTheOtherSideClosedAreMadeAnew) {
  std::atomic<int> answered = 0;
  mesa.server.set_script([&](Turn& turn) {
    mesa.honest(turn);
    ++answered;
    turn.raw("");  // closes after each answer, without saying so
  });
  start();
  for (const char* local : {"a", "b", "c"})
    EXPECT_EQ(outcome(mesa.add(local)), "1");
  EXPECT_EQ(answered, 4) << "a descriptor and three people";
}

TEST_F(KeptConnections, ThatWentSilentAreMadeAnew) {
  settings.timeout = std::chrono::seconds(2);
  const auto alyx = mesa.add("alyx");
  std::atomic<int> silent = 0;
  mesa.server.set_script([&](Turn& turn) {
    if (turn.asked.target.ends_with("alyx@blackmesa.us") && silent++ == 0) return gateway.wait();
    mesa.honest(turn);
  });
  start();
  EXPECT_EQ(outcome(mesa.add("gordon")), "1");
  EXPECT_EQ(outcome(alyx), "1");
  EXPECT_EQ(silent, 2);
  gateway.open();
}

TEST_F(KeptConnections, AreNotUsedWhenMoreCameThanWasAskedFor) {
  mesa.max_age = "0";
  start();
  const auto gordon = mesa.add("gordon");
  mesa.server.set_script([&](Turn& turn) {
    mesa.honest(turn);
    turn.raw(ok + "Content-Length: 2\r\n\r\n{}");  // an answer to what nobody asked
  });
  EXPECT_EQ(outcome(gordon), "1");
  EXPECT_EQ(outcome(mesa.add("alyx")), "1");
}

}  // namespace
}  // namespace pd::federation
