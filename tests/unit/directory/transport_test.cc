#include "directory/transport.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "authority.h"
#include "tls_server.h"

namespace pd::directory {
namespace {

using test::Authority;
using test::Connection;
using test::TlsServer;
using namespace std::chrono_literals;

class TransportTest : public ::testing::Test {
 protected:
  // A transport that finds `server` under the name example.org.
  Transport to(const TlsServer& server, std::chrono::milliseconds deadline = 20s, std::size_t max_body = 1000) const {
    TransportOptions options;
    options.ca_file = authority_.ca_file();
    options.overrides = {{"example.org", 443, "127.0.0.1", server.port()}};
    options.deadline = deadline;
    options.max_body = max_body;
    return Transport(options);
  }

  // What a request ends in: the kind of the failure, and its words in `what_`.
  Kind failure(const Transport& transport, HttpExchange exchange = {"GET", "/", {}, {}}) {
    try {
      transport.send(origin_, exchange);
    } catch (const Failure& failure) {
      what_ = failure.what();
      return failure.kind();
    }
    ADD_FAILURE() << "the request succeeded";
    return Kind::failed;
  }

  const Authority authority_;
  const Origin origin_{"example.org"};
  std::string what_;
};

TlsServer::Behave answer(std::string text) {
  return [text](Connection& connection) {
    if (!connection.request().empty()) connection.send(text);
  };
}

// Sends one small piece after the other for as long as the client listens.
TlsServer::Behave endless(std::string start, std::string piece) {
  return [start, piece](Connection& connection) {
    if (connection.request().empty()) return;
    connection.send(start);
    while (connection.send(piece)) {
    }
  };
}

TEST_F(TransportTest, SendsTheRequestUnderItsOwnNameAndReadsTheAnswer) {
  std::string seen;
  HttpAnswer got;
  {
    TlsServer server(authority_, "example.org", [&](Connection& connection) {
      seen = connection.request();
      connection.send(test::http_answer(404, "{}", "application/json", "ETag: \"x\"\r\n"));
    });
    got = to(server).send(origin_, {"PUT", "/v1/identities/olivier@example.org", {{"pd-invite", "abc"}}, "body"});
  }
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body, "{}");
  EXPECT_EQ(got.header("etag"), "\"x\"");
  EXPECT_TRUE(seen.starts_with("PUT /v1/identities/olivier@example.org HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("Host: example.org\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("pd-invite: abc\r\n"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with("\r\n\r\nbody")) << seen;
}

TEST_F(TransportTest, RefusesTheCertificateOfAnotherName) {
  TlsServer server(authority_, "example.net", answer(test::http_answer(200, "{}")));
  EXPECT_EQ(failure(to(server)), Kind::unreachable);
  EXPECT_NE(what_.find("not valid for example.org"), std::string::npos) << what_;
}

TEST_F(TransportTest, RefusesANameThatIsOnlyTheCommonName) {
  TlsServer server(authority_, "example.net", answer(test::http_answer(200, "{}")), "example.org");
  EXPECT_EQ(failure(to(server)), Kind::unreachable);
}

TEST_F(TransportTest, RefusesACertificateOfAnotherAuthority) {
  const Authority stranger;
  TlsServer server(stranger, "example.org", answer(test::http_answer(200, "{}")));
  EXPECT_EQ(failure(to(server)), Kind::unreachable);
  EXPECT_NE(what_.find("not issued by an authority that this machine trusts"), std::string::npos) << what_;
}

TEST_F(TransportTest, FollowsNoRedirect) {
  TlsServer server(authority_, "example.org",
                   answer(test::http_answer(302, "", "text/plain", "Location: https://example.net/\r\n")));
  EXPECT_EQ(to(server).send(origin_, {"GET", "/", {}, {}}).status, 302);
}

TEST_F(TransportTest, UnpacksNothing) {
  TlsServer server(
      authority_, "example.org",
      answer(test::http_answer(200, "\x1f\x8b not really", "application/json", "Content-Encoding: gzip\r\n")));
  EXPECT_EQ(to(server).send(origin_, {"GET", "/", {}, {}}).body, "\x1f\x8b not really");
}

TEST_F(TransportTest, BoundsTheBody) {
  TlsServer server(authority_, "example.org", answer(test::http_answer(200, std::string(1001, 'x'))));
  EXPECT_EQ(failure(to(server)), Kind::unreachable);
}

TEST_F(TransportTest, TakesABodyOfExactlyTheBound) {
  TlsServer server(authority_, "example.org", answer(test::http_answer(200, std::string(1000, 'x'))));
  EXPECT_EQ(to(server).send(origin_, {"GET", "/", {}, {}}).body.size(), 1000u);
}

TEST_F(TransportTest, BoundsAnEndlessBody) {
  TlsServer server(authority_, "example.org", endless("HTTP/1.1 200 OK\r\n\r\n", std::string(500, 'x')));
  EXPECT_EQ(failure(to(server)), Kind::unreachable);
}

// Newer versions of cpp-httplib have a bound of their own that may come first; the deadline must not.
TEST_F(TransportTest, BoundsAnEndlessHeaderLine) {
  TlsServer server(authority_, "example.org", endless("HTTP/1.1 200 OK\r\nX: ", std::string(1000, 'x')));
  EXPECT_EQ(failure(to(server)), Kind::unreachable);
  EXPECT_EQ(what_.find("in time"), std::string::npos) << what_;
}

TEST_F(TransportTest, BoundsHeadersWithoutEnd) {
  TlsServer server(authority_, "example.org", endless("HTTP/1.1 200 OK\r\n", "X: y\r\n"));
  EXPECT_EQ(failure(to(server)), Kind::unreachable);
  EXPECT_EQ(what_.find("in time"), std::string::npos) << what_;
}

// The two below would last for ever without the deadline; with it the time they take is that of the deadline.
TEST_F(TransportTest, EndsAHandshakeThatNeverBegins) {
  TlsServer server(authority_, "example.org", TlsServer::silent());
  EXPECT_EQ(failure(to(server, 200ms)), Kind::unreachable);
}

TEST_F(TransportTest, EndsAnAnswerThatDrips) {
  TlsServer server(authority_, "example.org", [](Connection& connection) {
    if (connection.request().empty()) return;
    while (connection.send("H"))
      std::this_thread::sleep_for(5ms);
  });
  EXPECT_EQ(failure(to(server, 200ms)), Kind::unreachable);
  EXPECT_NE(what_.find("in time"), std::string::npos) << what_;
}

TEST_F(TransportTest, ARequestMayHaveADeadlineOfItsOwn) {
  TlsServer server(authority_, "example.org", TlsServer::silent());
  EXPECT_EQ(failure(to(server), {"GET", "/", {}, {}, 200ms}), Kind::unreachable);
}

TEST_F(TransportTest, ACutAnswerIsNoAnswer) {
  TlsServer server(authority_, "example.org", answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  EXPECT_EQ(failure(to(server)), Kind::unreachable);
}

TEST_F(TransportTest, TriesEveryAddressOfAServiceInOrder) {
  TlsServer server(authority_, "example.org", answer(test::http_answer(200, "hi")));
  TransportOptions options;
  options.ca_file = authority_.ca_file();
  std::vector<std::string> addresses{"127.0.0.9", "127.0.0.1"};  // nobody listens at the first
  options.addresses = [&](const std::string& host) {
    EXPECT_EQ(host, "pd.example.net");
    return addresses;
  };
  HttpExchange exchange{"GET", "/", {}, {}};
  exchange.service = ServiceTarget{"pd.example.net", server.port()};
  const Transport transport(options);
  EXPECT_EQ(transport.send(origin_, exchange).body, "hi");
  addresses = {"127.0.0.9"};
  EXPECT_EQ(failure(transport, exchange), Kind::unreachable);
  addresses = {};
  EXPECT_EQ(failure(transport, exchange), Kind::unreachable);
  EXPECT_EQ(what_, "there is no host pd.example.net");
}

TEST(OverrideTest, ReadsWhatCurlReads) {
  const auto plain = Override::parse("Example.org:443:127.0.0.1:8443");
  EXPECT_EQ(plain.host, "example.org");
  EXPECT_EQ(plain.port, 443);
  EXPECT_EQ(plain.address, "127.0.0.1");
  EXPECT_EQ(plain.target_port, 8443);
  EXPECT_EQ(Override::parse("example.org:443:[::1]:8443").address, "::1");
}

TEST(OverrideTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "example.org", "example.org:443", "example.org:443:127.0.0.1", "example.org:443::8443",
        ":443:127.0.0.1:8443", "example.org:0:127.0.0.1:8443", "example.org:443:127.0.0.1:65536",
        "example.org:x:127.0.0.1:8443", "example.org:443:127.0.0.1:8443 ", "example.org:443:localhost:8443"})
    EXPECT_THROW(Override::parse(text), Failure) << text;
}

TEST(OriginTest, ReadsAnHttpsOriginOnly) {
  EXPECT_EQ(Origin::parse("https://example.org").text(), "https://example.org");
  EXPECT_EQ(Origin::parse("https://example.org:443/").authority(), "example.org");
  EXPECT_EQ(Origin::parse("https://api.example.org:8443").authority(), "api.example.org:8443");
  for (const char* url : {"http://example.org", "https://", "https://example.org/path", "https://user@example.org",
                          "https://example.org:", "https://example.org:x", "https://exa mple.org", "example.org"})
    EXPECT_THROW(Origin::parse(url), Failure) << url;
}

}  // namespace
}  // namespace pd::directory
