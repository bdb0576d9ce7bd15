#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace pd::config {
namespace {

using testing::HasSubstr;

TEST(Parse, DefaultsAreThoseOfTheContract) {
  const Config config = accepted(enough());
  EXPECT_EQ(config.domain->text(), "example.org");
  EXPECT_EQ(config.data, "/var/lib/pd");
  ASSERT_EQ(config.listen.size(), 1u);
  EXPECT_EQ(config.listen[0].address, "::");
  EXPECT_EQ(config.listen[0].port, 443);
  EXPECT_EQ(config.api_url, "https://example.org");
  EXPECT_EQ(config.registration, identity::RegistrationMode::open);
  EXPECT_EQ(config.statement_life, std::chrono::hours(24));
  EXPECT_FALSE(config.behind_proxy);
  EXPECT_FALSE(config.policy);
}

TEST(Parse, ReadsEachType) {
  const Config config = accepted(enough({"--listen",
                                         "127.0.0.1:0",
                                         "--listen=[::1]:8443",
                                         "--resolve",
                                         "blackmesa.us:443:127.0.0.1:8444",
                                         "--resolve",
                                         "Example.NET:443:[::1]:1",
                                         "--registration",
                                         "invite",
                                         "--statement-life",
                                         "2h",
                                         "--remote-timeout",
                                         "7",
                                         "--threads",
                                         "3",
                                         "--rate-address",
                                         "2.5:10",
                                         "--log-format",
                                         "json",
                                         "--dns-server",
                                         "192.0.2.53",
                                         "--dns-server",
                                         "[2001:DB8::53]:5353",
                                         "--api-url",
                                         "https://pd.example.org:443",
                                         "--reserved",
                                         "root"}));
  ASSERT_EQ(config.listen.size(), 2u);
  EXPECT_EQ(config.listen[0].port, 0);
  EXPECT_EQ(config.listen[1].address, "::1");
  ASSERT_EQ(config.resolve.size(), 2u);
  EXPECT_EQ(config.resolve[1].domain.text(), "example.net");
  EXPECT_EQ(config.resolve[1].address, "::1");
  EXPECT_EQ(config.resolve[1].target_port, 1);
  EXPECT_EQ(config.registration, identity::RegistrationMode::invite);
  EXPECT_EQ(config.statement_life, std::chrono::hours(2));
  EXPECT_EQ(config.remote_timeout, std::chrono::seconds(7));
  EXPECT_EQ(config.threads, 3u);
  EXPECT_EQ(config.rate_address.per_second, 2.5);
  EXPECT_EQ(config.log_format, ops::LogFormat::json);
  EXPECT_EQ(config.dns_servers, (std::vector<std::string>{"192.0.2.53", "[2001:db8::53]:5353"}));
  EXPECT_EQ(config.api_url, "https://pd.example.org");
}

TEST(Parse, StunIsThereUnlessTheServerListensElsewhere) {
  const Config usual = accepted(enough());
  ASSERT_EQ(usual.stun.size(), 2u);
  EXPECT_EQ(usual.stun[0].port, 3478);
  EXPECT_EQ(usual.stun[1].port, 3479);
  EXPECT_EQ(usual.stun_host, "example.org");
  EXPECT_TRUE(accepted(enough({"--listen", "127.0.0.1:8443"})).stun.empty());
  const Config both = accepted(enough({"--listen", "127.0.0.1:8443", "--stun", "127.0.0.1:0", "--stun-host", "::1"}));
  EXPECT_EQ(both.stun.size(), 1u);
  EXPECT_EQ(both.stun_host, "::1");
  std::vector<std::string> five;
  for (const char* port : {"1", "2", "3", "4", "5"}) {
    five.push_back("--stun");
    five.push_back(std::string("127.0.0.1:") + port);
  }
  EXPECT_THAT(refused(enough(five)), HasSubstr("--stun: more than 4"));
}

TEST(Parse, ProxyNeedsNoCertificate) {
  const std::vector<std::string> plain{"--domain", "example.org", "--data", "d", "--behind-proxy"};
  EXPECT_TRUE(accepted(plain).behind_proxy);
  EXPECT_EQ(accepted(plain).listen[0].address, "127.0.0.1") << "only the proxy may come without TLS, unless told so";
  EXPECT_THAT(refused(enough({"--behind-proxy"})), HasSubstr("--behind-proxy serves plain HTTP"));
}

TEST(Parse, SaysWhatIsMissing) {
  EXPECT_THAT(refused({}), HasSubstr("--domain is missing"));
  EXPECT_THAT(refused({"--domain", "example.org"}), HasSubstr("--data is missing"));
  EXPECT_THAT(refused({"--domain", "example.org", "--data", "d"}), HasSubstr("--tls-cert and --tls-key are missing"));
  EXPECT_THAT(refused({"--domain", "example.org", "--data", "d", "--tls-cert", "c"}),
              HasSubstr("only of use together"));
}

TEST(Parse, SaysWhatIsWrongAndWhatIsAllowed) {
  const auto message = [](std::string option, std::string value) { return refused(enough({option, value})); };
  EXPECT_THAT(message("--listen", "443"),
              HasSubstr("--listen: '443' is not an address and a port such as 127.0.0.1:8443"));
  EXPECT_THAT(message("--listen", "localhost:443"), HasSubstr("'localhost:443' is not an address"));
  EXPECT_THAT(message("--listen", "127.0.0.1:65536"), HasSubstr("--listen"));
  EXPECT_THAT(message("--listen", "::1:443"), HasSubstr("--listen"));
  EXPECT_THAT(message("--resolve", "example.org:443:127.0.0.1"), HasSubstr("DOMAIN:PORT:ADDR:PORT such as"));
  EXPECT_THAT(message("--resolve", "example.org:0:127.0.0.1:1"), HasSubstr("--resolve"));
  EXPECT_THAT(message("--registration", "maybe"), HasSubstr("'maybe' is not one of: open, invite, closed"));
  EXPECT_THAT(message("--statement-life", "25h"), HasSubstr("'25h' is not a time from 1m to 1d"));
  EXPECT_THAT(message("--statement-life", "-1"), HasSubstr("--statement-life"));
  EXPECT_THAT(message("--threads", "many"), HasSubstr("'many' is not a number from 0 to 256"));
  EXPECT_THAT(message("--threads", "18446744073709551616"), HasSubstr("--threads"));
  EXPECT_THAT(message("--rate-address", "5"), HasSubstr("PER_SECOND:BURST such as 50:200"));
  EXPECT_THAT(message("--rate-address", "nan:5"), HasSubstr("--rate-address"));
  EXPECT_THAT(message("--api-url", "http://example.org"), HasSubstr("https://HOST"));
  EXPECT_THAT(message("--api-url", "https://example.org/v1"), HasSubstr("https://HOST"));
  EXPECT_THAT(message("--stun", "3478"), HasSubstr("--stun: '3478' is not an address and a port"));
  EXPECT_THAT(message("--stun-host", "stun.example.org:3478"), HasSubstr("--stun-host"));
  EXPECT_THAT(message("--stun-host", "0.0.0.0"), HasSubstr("is not a name or an address such as stun.example.org"));
  EXPECT_THAT(message("--reserved", "no spaces"), HasSubstr("--reserved: 'no spaces' is not a name"));
  EXPECT_THAT(message("--dns-server", "dns.example.org"), HasSubstr("--dns-server"));
  EXPECT_THAT(refused({"--domain", "192.0.2.1"}), HasSubstr("--domain: '192.0.2.1' is not a domain"));
  EXPECT_THAT(refused(enough({"--statement-life", "2m"})), HasSubstr("--answer-fresh is longer than --statement-life"));
}

TEST(Parse, UnknownOptionsAreNamedWithTheNearestKnownOne) {
  EXPECT_THAT(refused(enough({"--lisen", "x"})), HasSubstr("there is no option '--lisen'; did you mean '--listen'?"));
  EXPECT_THAT(refused(enough({"--xyzzy=1"})), HasSubstr("there is no option '--xyzzy'\n"));
  EXPECT_THAT(refused(enough({"extra"})), HasSubstr("unexpected argument 'extra'"));
  EXPECT_THAT(refused(enough({"--reserved", "a", "b"})), HasSubstr("unexpected argument 'b'"));
}

TEST(Parse, AnOptionOfOneValueIsNotGivenTwice) {
  EXPECT_THAT(refused(enough({"--data", "other"})), HasSubstr("--data"));
  EXPECT_THAT(refused(enough({"--threads"})), HasSubstr("--threads"));
}

TEST(Parse, HelpNamesEveryOption) {
  const std::vector<std::string> arguments{"--help"};
  const auto exit = std::get<Exit>(parse_run(arguments));
  EXPECT_EQ(exit.status, 0);
  for (const auto& option : options())
    EXPECT_THAT(exit.text, HasSubstr("--" + option.name)) << option.name;
}

}  // namespace
}  // namespace pd::config
