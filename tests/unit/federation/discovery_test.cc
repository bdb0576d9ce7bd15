#include "identity/sample.h"
#include "support/dns_server.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using testing::DnsServer;
using testing::FakeDomain;
using testing::Turn;
using testing::World;

// Here names are looked up in a DNS of the test's own, and the policy lets blackmesa.us be on loopback.
struct Discovered : World {
  DnsServer dns;

  Discovered() {
    settings.dns_servers = {dns.address()};
    settings.policy = *Policy::parse("default allow\nprivate blackmesa.us\n");
  }

  // A server on loopback that is no override: only DNS leads there.
  FakeDomain& hidden(const std::string& name, std::vector<std::string> certificate = {}) {
    neighbours.push_back(std::make_unique<FakeDomain>(
        authority, name, [this] { return now(); }, std::move(certificate)));
    return *neighbours.back();
  }
  void point(const FakeDomain& to, const std::string& host = "host.example") {
    dns.add_service("_pd._tcp.blackmesa.us", {0, 0, to.server.port(), host});
    dns.add_address(host, "127.0.0.1");
  }
};

TEST_F(Discovered, BySrvRecordWithTheCertificateOfTheDomain) {
  auto& mesa = hidden("blackmesa.us");
  const auto gordon = mesa.add("gordon");
  point(mesa);
  start();
  EXPECT_EQ(outcome(gordon), "1");
  EXPECT_EQ(mesa.server.asked().front().headers.at("host"), "blackmesa.us");
  EXPECT_EQ(mesa.server.count("/v1/identities/"), 1u) << "the API at the domain itself is where the record points";
}

TEST_F(Discovered, NotByACertificateOfTheHostThatTheRecordNames) {
  auto& mesa = hidden("blackmesa.us", {"host.example"});
  const auto gordon = mesa.add("gordon");
  point(mesa);
  start();
  EXPECT_EQ(outcome(gordon), "unreachable");
  EXPECT_TRUE(mesa.server.asked().empty()) << "not a byte of HTTP";
}

TEST_F(Discovered, ByTheSecondRecordWhenTheFirstLeadsNowhere) {
  auto& mesa = hidden("blackmesa.us");
  const auto gordon = mesa.add("gordon");
  dns.add_service("_pd._tcp.blackmesa.us", {0, 0, 1, "nowhere.example"});
  dns.add_service("_pd._tcp.blackmesa.us", {10, 0, mesa.server.port(), "host.example"});
  dns.add_address("host.example", "127.0.0.1");
  start();
  EXPECT_EQ(outcome(gordon), "1");
}

TEST_F(Discovered, TheSecondAddressIsTriedWhenTheFirstRefuses) {
  auto& mesa = hidden("blackmesa.us");
  const auto gordon = mesa.add("gordon");
  dns.add_address("host.example", "127.1.2.3");  // nothing listens there
  point(mesa);
  start();
  EXPECT_EQ(outcome(gordon), "1");
}

TEST_F(Discovered, NotWithoutAnyRecord) {
  start();
  EXPECT_EQ(outcome(identity::sample::address("gordon@blackmesa.us")), "unreachable");
  EXPECT_EQ(dns.asked("_pd._tcp.blackmesa.us"), 1u);
}

TEST_F(Discovered, NotWhereAnOverrideEndsTheSearch) {
  auto& mesa = hidden("blackmesa.us");
  const auto gordon = mesa.add("gordon");
  point(mesa);
  FakeDomain& down = neighbour("blackmesa.us");
  down.server.stop();
  start();
  EXPECT_EQ(outcome(gordon), "unreachable");
  EXPECT_EQ(dns.asked("_pd._tcp.blackmesa.us"), 0u);
}

// The same names without the policy's word: nothing on loopback is ever connected to.
struct Guarded : Discovered {
  Guarded() { settings.policy = Policy::open(); }

  // `domain` says that its API is where only this host should reach.
  FakeDomain& api_inside(FakeDomain& domain) {
    FakeDomain& inside = hidden("inside.example");
    domain.api = "https://inside.example:" + std::to_string(inside.server.port());
    dns.add_address("inside.example", "127.0.0.1");
    return inside;
  }
};

TEST_F(Guarded, ANameOnLoopbackIsForbidden) {
  auto& mesa = hidden("blackmesa.us");
  dns.add_address("blackmesa.us", "127.0.0.1");
  dns.add_address("blackmesa.us", "::1");
  dns.add_address("blackmesa.us", "169.254.169.254");
  start();
  EXPECT_EQ(outcome(mesa.add("gordon")), "forbidden address");
  EXPECT_EQ(mesa.server.connections(), 0u);
}

TEST_F(Guarded, ASrvTargetOnLoopbackIsForbidden) {
  auto& mesa = hidden("blackmesa.us");
  point(mesa);
  start();
  EXPECT_EQ(outcome(mesa.add("gordon")), "forbidden address");
  EXPECT_EQ(mesa.server.connections(), 0u);
}

TEST_F(Guarded, AnApiOnLoopbackIsForbidden) {
  auto& mesa = neighbour("blackmesa.us");
  FakeDomain& inside = api_inside(mesa);
  start();
  EXPECT_EQ(outcome(mesa.add("gordon")), "forbidden address");
  EXPECT_EQ(inside.server.connections(), 0u);
}

TEST_F(Guarded, PrivateIsForTheDomainThatIsAskedNotForTheHost) {
  settings.policy = *Policy::parse("default allow\nprivate inside.example\n");
  auto& mesa = neighbour("blackmesa.us");
  FakeDomain& inside = api_inside(mesa);
  start();
  EXPECT_EQ(outcome(mesa.add("gordon")), "forbidden address");
  EXPECT_EQ(inside.server.connections(), 0u);
}

TEST_F(Guarded, ARedirectIsNotFollowed) {
  auto& mesa = neighbour("blackmesa.us");
  FakeDomain& inside = hidden("inside.example");
  dns.add_address("inside.example", "127.0.0.1");
  const auto location = "https://127.0.0.1:" + std::to_string(inside.server.port()) + "/.well-known/pd";
  mesa.server.set_script([location](Turn& turn) { turn.reply(302, "", {{"Location", location}}); });
  start();
  EXPECT_EQ(outcome(mesa.add("gordon")), "unreachable");
  EXPECT_EQ(inside.server.connections(), 0u);
}

}  // namespace
}  // namespace pd::federation
