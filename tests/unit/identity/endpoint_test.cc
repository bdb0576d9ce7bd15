#include "identity/endpoint.h"

#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using sample::at;
using sample::key;

constexpr std::int64_t day = 24 * 3600;

EndpointBody body() {
  return {sample::address("olivier@example.org"),
          at(0),
          at(day),
          {sample::endpoint("198.51.100.4:4433"), sample::endpoint("[2001:db8::1]:4433")}};
}

Result<EndpointRecord> with(const Json& change) {
  const EndpointRecord record = EndpointRecord::sign(body(), key("laptop")).value();
  return EndpointRecord::parse(sample::changed(record.text(), change, "laptop"));
}

Result<void> verified(const Result<EndpointRecord>& record, std::int64_t seconds = 60) {
  return record.value().verify(sample::state(), at(seconds));
}

TEST(EndpointRecord, ReadsBackWhatWasSigned) {
  const EndpointRecord read = EndpointRecord::parse(EndpointRecord::sign(body(), key("laptop"))->text()).value();
  EXPECT_EQ(read.body().address, body().address);
  EXPECT_EQ(read.body().tcp, body().tcp);
  EXPECT_EQ(read.body().issued, at(0));
  EXPECT_EQ(read.body().expires, at(day));
  EXPECT_EQ(read.device_id(), key("laptop").public_key().id());
  EXPECT_THAT(verified(read), Accepts());
}

TEST(EndpointRecord, IsOfItsTypeAndSize) {
  EXPECT_THAT(EndpointRecord::parse(sample::create().text()), Rejects(Reason::unsupported, "JWS-5"));
  EXPECT_THAT(with({{"later", std::string(max_endpoint_bytes, 'x')}}), Rejects(Reason::too_large, "JWS-1"));
}

TEST(EndpointRecord, FitsWhenEverythingIsAtItsLargest) {
  EndpointBody largest = body();
  largest.address = sample::address(std::string(64, 'o') + "@" + std::string(63, 'a') + "." + std::string(63, 'b') +
                                    "." + std::string(63, 'c') + "." + std::string(57, 'd') + ".us");
  largest.tcp.clear();
  for (std::size_t i = 0; i < max_endpoints; ++i)
    largest.tcp.push_back(sample::endpoint("[2001:db8:1111:2222:3333:4444:5555:666" + std::to_string(i) + "]:65535"));
  EXPECT_THAT(EndpointRecord::sign(largest, key("laptop")), Accepts());
}

TEST(EndpointRecord, NamesItsOwnerAndItsTime) {
  const auto issued = at(0).time_since_epoch().count();
  EXPECT_THAT(with({{"sub", "Olivier@example.org"}}), Rejects(Reason::malformed, "EP-2"));
  EXPECT_THAT(with({{"sub", nullptr}}), Rejects(Reason::malformed, "EP-2"));
  EXPECT_THAT(with({{"exp", issued + day + 1}}), Rejects(Reason::malformed, "EP-3"));
  EXPECT_THAT(with({{"exp", issued}}), Rejects(Reason::malformed, "EP-3"));
  EXPECT_THAT(with({{"iat", nullptr}}), Rejects(Reason::malformed, "EP-3"));
}

TEST(EndpointRecord, HasAtMostEightEndpoints) {
  EXPECT_THAT(with({{"tcp", Json::array()}}), Accepts());
  std::vector<std::string> eight;
  for (int port = 1; port <= 8; ++port)
    eight.push_back("198.51.100.4:" + std::to_string(port));
  EXPECT_THAT(with({{"tcp", eight}}), Accepts());
  EXPECT_THAT(with({{"tcp", {"198.51.100.4:1", "198.51.100.4:2", "198.51.100.4:1"}}}),
              Rejects(Reason::malformed, "EP-4"));
  EXPECT_THAT(with({{"tcp", std::vector<std::string>(9, "198.51.100.4:1")}}), Rejects(Reason::too_large, "EP-4"));
  EXPECT_THAT(with({{"tcp", "198.51.100.4:1"}}), Rejects(Reason::malformed, "EP-4"));
  EXPECT_THAT(with({{"tcp", {1}}}), Rejects(Reason::malformed, "EP-4"));
  EXPECT_THAT(with({{"tcp", nullptr}}), Rejects(Reason::malformed, "EP-4"));
  EXPECT_THAT(with({{"tcp", {"[2001:DB8::1]:4433"}}}), Rejects(Reason::malformed, "EP-4"));
}

TEST(EndpointRecord, IsOfTheIdentityThatWasAsked) {
  const auto record = EndpointRecord::sign(body(), key("laptop"));
  EXPECT_THAT(record->verify(sample::state("gordon@example.org"), at(60)), Rejects(Reason::wrong_subject, "EP-5"));
}

TEST(EndpointRecord, IsSignedByADeviceOfTheIdentity) {
  EXPECT_THAT(verified(EndpointRecord::sign(body(), key("phone"))), Rejects(Reason::wrong_key, "EP-6"));
  EXPECT_THAT(verified(EndpointRecord::sign(body(), key("identity"))), Rejects(Reason::wrong_key, "EP-6"));
  const std::string text = sample::forged(EndpointRecord::sign(body(), key("laptop"))->text());
  EXPECT_THAT(verified(EndpointRecord::parse(text)), Rejects(Reason::bad_signature, "JWS-10"));
}

TEST(EndpointRecord, HoldsForItsTime) {
  const auto record = EndpointRecord::sign(body(), key("laptop"));
  EXPECT_THAT(verified(record, -301), Rejects(Reason::not_yet_valid, "EP-7"));
  EXPECT_THAT(verified(record, -300), Accepts());
  EXPECT_THAT(verified(record, day - 1), Accepts());
  EXPECT_THAT(verified(record, day), Rejects(Reason::expired, "EP-7"));
}

TEST(TcpEndpoint, WritesAnAddressInOneWay) {
  const std::pair<const char*, const char*> spellings[] = {
      {"198.51.100.4:4433", "198.51.100.4:4433"},
      {"127.0.0.1:1", "127.0.0.1:1"},
      {"[2001:db8::1]:4433", "[2001:db8::1]:4433"},
      {"[2001:DB8:0:0:0:0:0:1]:65535", "[2001:db8::1]:65535"},
      {"[2001:0db8:0000:0001:0000:0000:0000:0001]:1", "[2001:db8:0:1::1]:1"},
      // RFC 5952, section 4.2: one zero group is not shortened; of two equal runs the first is.
      {"[2001:db8::1:1:1:1:1]:1", "[2001:db8:0:1:1:1:1:1]:1"},
      {"[2001:0:0:1:0:0:0:1]:1", "[2001:0:0:1::1]:1"},
      {"[2001:db8:0:0:1:0:0:1]:1", "[2001:db8::1:0:0:1]:1"},
      {"[fe80::]:1", "[fe80::]:1"},
      {"[1:2:3:4:5:6:7:8]:1", "[1:2:3:4:5:6:7:8]:1"},
      {"[1:2:3:4:5:6:7::]:1", "[1:2:3:4:5:6:7:0]:1"},
      {"[::2:3:4:5:6:7:8]:1", "[0:2:3:4:5:6:7:8]:1"},
      {"[::1]:1", "[::1]:1"},
      {"[64:ff9b::1:0:0]:1", "[64:ff9b::1:0:0]:1"},
      {"169.253.255.255:1", "169.253.255.255:1"},
  };
  for (const auto& [text, expected] : spellings) {
    const auto endpoint = TcpEndpoint::parse(text);
    ASSERT_THAT(endpoint, Accepts()) << text;
    EXPECT_EQ(endpoint->text(), expected);
  }
}

TEST(TcpEndpoint, RefusesWhatIsNotOneHostAndPort) {
  for (const char* text : {"",
                           ":",
                           "198.51.100.4",
                           "198.51.100.4:",
                           "198.51.100.4:0",
                           "198.51.100.4:65536",
                           "198.51.100.4:04433",
                           "198.51.100.4:-1",
                           "198.51.100.4:1 ",
                           "example.org:443",
                           "localhost:443",
                           "198.51.100:443",
                           "198.51.100.256:443",
                           "198.51.100.04:443",
                           "0x7f.0.0.1:443",
                           "1.2.3.4.5:443",
                           "1.2.3.4.:443",
                           "4294967295:443",
                           "0.0.0.0:443",
                           "0.1.2.3:443",
                           "224.0.0.1:443",
                           "169.254.169.254:443",
                           "255.255.255.255:443",
                           "[198.51.100.4]:443",
                           "2001:db8::1:443",
                           "[2001:db8::1]",
                           "[2001:db8::1:443",
                           "[]:443",
                           "[::]:443",
                           "[::ffff:198.51.100.4]:443",
                           "[::ffff:c633:6404]:443",
                           "[::198.51.100.4]:443",
                           "[::2]:443",
                           "[ff02::1]:443",
                           "[64:ff9b::c633:6404]:443",
                           "[fe80::1%eth0]:443",
                           "[1:2:3:4:5:6:7]:443",
                           "[1:2:3:4:5:6:7:8:9]:443",
                           "[1::2::3]:443",
                           "[:::1]:443",
                           "[1:]:443",
                           "[:1]:443",
                           "[1::2:]:443",
                           "[12345::]:443",
                           "[g::]:443",
                           "[1:2:3:4::5:6:7:8]:443",
                           "[[::1]]:443",
                           "[-1::]:443"}) {
    EXPECT_THAT(TcpEndpoint::parse(text), Rejects(Reason::malformed, "EP-4")) << text;
  }
}

}  // namespace
}  // namespace pd::identity
