#include "http/tls.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig.h"

namespace pd::http::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Tls, ServesOver12And13) {
  const CertificateFiles files("localhost");
  Rig rig;
  const auto port = rig.tls(files);
  Client newest(port, TlsOptions{0, 0, "http/1.1", ""});
  EXPECT_EQ(newest.protocol(), "TLSv1.3");
  EXPECT_EQ(newest.alpn(), "http/1.1");
  Client older(port, TlsOptions{TLS1_2_VERSION, TLS1_2_VERSION, "", ""});
  EXPECT_EQ(older.protocol(), "TLSv1.2");
  for (Client* client : {&newest, &older}) {
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(client->ask(get("/hello"))->body, "hello");
  }
}

TEST(Tls, RefusesOldVersionsWeakCiphersAndOtherProtocols) {
  const CertificateFiles files("localhost");
  Rig rig;
  const auto port = rig.tls(files);
  EXPECT_THROW(Client(port, TlsOptions{TLS1_1_VERSION, TLS1_1_VERSION, "", ""}), std::runtime_error);
  EXPECT_THROW(Client(port, TlsOptions{TLS1_VERSION, TLS1_VERSION, "", ""}), std::runtime_error);
  EXPECT_THROW(Client(port, TlsOptions{TLS1_2_VERSION, TLS1_2_VERSION, "", "ECDHE-ECDSA-AES128-SHA"}),
               std::runtime_error);
  EXPECT_THROW(Client(port, TlsOptions{0, 0, "h2", ""}), std::runtime_error);
  rig.witness.wait_refused("tls", 4);
  EXPECT_EQ(Client(port, TlsOptions{}).ask(get("/hello"))->status, 200u);
}

TEST(Tls, GarbageInsteadOfAHandshake) {
  const CertificateFiles files("localhost");
  Rig rig;
  const auto port = rig.tls(files);
  for (const std::string& garbage : {get("/hello"), std::string(1000, 'x'), std::string(1000, '\0'),
                                     std::string("\x16\x03\x01\x40\x00", 5) + std::string(20'000, 'y')}) {
    Client client(port);
    client.send(garbage);
    EXPECT_FALSE(client.receive());
  }
  rig.witness.wait_refused("tls", 4);
  EXPECT_EQ(Client(port, TlsOptions{}).ask(get("/hello"))->status, 200u);
}

TEST(Tls, ASlowHandshakeEndsInTime) {
  const CertificateFiles files("localhost");
  Limits limits;
  limits.handshake = 60ms;
  Rig rig(limits);
  const auto port = rig.tls(files);
  Client silent(port), slow(port);
  EXPECT_TRUE(silent.ended());
  // A record header that promises much, then a byte now and then.
  slow.send(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
  int bytes = 0;
  while (!slow.readable(5ms) && bytes < 500) {
    if (!slow.send("x")) break;
    ++bytes;
  }
  EXPECT_LT(bytes, 500);
  rig.witness.wait_refused("handshake-timeout", 2);
}

TEST(Tls, WhoHoldsUpAHandshakeGivesWayToOthers) {
  const CertificateFiles files("localhost");
  Limits limits;
  limits.connections = 2;
  Rig rig(limits, 1);
  const auto port = rig.tls(files);
  Client silent(port), later(port);
  while (rig.engine.connections() < 2)
    std::this_thread::yield();
  Client first(port, TlsOptions{});
  EXPECT_EQ(first.ask(get("/hello"))->status, 200u);
  EXPECT_TRUE(silent.ended());
  Client second(port, TlsOptions{});
  EXPECT_EQ(second.ask(get("/hello"))->status, 200u);
  EXPECT_TRUE(later.ended());
  EXPECT_TRUE(Client(port).ended()) << "nobody is in a handshake";
  EXPECT_EQ(rig.witness.refused("connections"), 3u);
}

TEST(Tls, SlowRequestsEndInTime) {
  const CertificateFiles files("localhost");
  Limits limits;
  limits.header = 60ms;
  Rig rig(limits);
  Client client(rig.tls(files), TlsOptions{});
  client.send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(client.receive()->status, 408u);
  EXPECT_TRUE(client.ended());
}

TEST(Tls, PipelinesAndLargeBodies) {
  const CertificateFiles files("localhost");
  Rig rig;
  Client client(rig.tls(files), TlsOptions{});
  std::string all;
  for (int i = 0; i < 500; ++i)
    all += get("/echo/" + std::to_string(i) + "/x");
  client.send(all + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" + std::string(65536, 'b'));
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(client.receive()->body, std::to_string(i) + "|x");
  EXPECT_EQ(client.receive()->body, std::string(65536, 'b'));
}

TEST(Tls, NewCertificatesAreForNewConnections) {
  CertificateFiles files("old.example");
  Rig rig;
  const auto port = rig.tls(files);
  Client before(port, TlsOptions{});
  EXPECT_EQ(before.certificate_name(), "old.example");
  EXPECT_EQ(before.ask(get("/hello"))->status, 200u);

  files.renew("new.example");
  EXPECT_EQ(Client(port, TlsOptions{}).certificate_name(), "old.example") << "not before it is told to";
  rig.engine.reload_certificates();
  EXPECT_EQ(Client(port, TlsOptions{}).certificate_name(), "new.example");
  EXPECT_EQ(before.ask(get("/hello"))->status, 200u) << "who was connected stays so";

  files.spoil();
  EXPECT_THROW(rig.engine.reload_certificates(), std::runtime_error);
  EXPECT_EQ(Client(port, TlsOptions{}).certificate_name(), "new.example") << "a bad file changes nothing";
}

TEST(Tls, SaysWhichFileIsAtFault) {
  CertificateFiles files("localhost"), other("localhost");
  const auto message = [](const TlsFiles& names) -> std::string {
    try {
      load_tls(names);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message(files.files()), "no error");
  EXPECT_THAT(message({files.files().certificate, "/nowhere/key.pem"}),
              HasSubstr("/nowhere/key.pem: No such file or directory"));
  EXPECT_THAT(message({"/nowhere/cert.pem", files.files().key}),
              HasSubstr("/nowhere/cert.pem: No such file or directory"));
  EXPECT_THAT(message({files.files().certificate, other.files().key}), HasSubstr("is not that of"));
  EXPECT_THAT(message({files.files().key, files.files().key}), HasSubstr("is not there in PEM"));
  EXPECT_THAT(message({files.files().certificate, files.files().certificate}), HasSubstr("is not there in PEM"));
  Rig rig;
  const TlsFiles bad{"/nowhere/cert.pem", "/nowhere/key.pem"};
  EXPECT_THROW(rig.engine.listen({boost::asio::ip::make_address("127.0.0.1"), 0}, nullptr, &bad), std::runtime_error);
}

}  // namespace
}  // namespace pd::http::test
