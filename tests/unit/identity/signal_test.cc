#include "identity/signal.h"

#include <set>

#include "identity/sample.h"
#include "identity/sealed_box.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using sample::at;
using sample::key;

const std::string longest_name = std::string(64, 'o') + "@" + std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                 std::string(63, 'c') + "." + std::string(57, 'd') + ".us";

SignalEnvelope envelope() {
  return {sample::address("olivier@example.org"), sample::address("gordon@blackmesa.us"), at(0), at(60)};
}

Signal signal(std::string_view message = "in five minutes?", std::string_view device = "laptop") {
  return Signal::seal(envelope(), key("phone").public_key(), message, key(device)).value();
}

Result<Signal> with(const Json& change) {
  return Signal::parse(sample::changed(signal().text(), change, "laptop"));
}

Result<Secret> opened(const Result<Signal>& signal, std::int64_t seconds = 10, std::string_view own = "phone") {
  return signal.value().open(sample::state(), sample::address("gordon@blackmesa.us"), key(own), at(seconds));
}

TEST(Signal, ReadsBackWhatWasSealed) {
  const Signal read = Signal::parse(signal().text()).value();
  EXPECT_EQ(read.body().from, envelope().from);
  EXPECT_EQ(read.body().to, envelope().to);
  EXPECT_EQ(read.body().device, key("phone").public_key().thumbprint());
  EXPECT_EQ(read.body().issued, at(0));
  EXPECT_EQ(read.body().expires, at(60));
  EXPECT_EQ(read.sender_device(), key("laptop").public_key().id());
  EXPECT_THAT(read.verify(sample::state(), at(10)), Accepts());
  EXPECT_EQ(opened(read).value().view(), "in five minutes?");
}

TEST(Signal, HasAnIdOfItsOwn) {
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i)
    keys.insert(signal().replay_key());
  EXPECT_EQ(keys.size(), 20u);
  EXPECT_EQ(signal().replay_until(), at(360));
}

TEST(Signal, CarriesMessagesUpToItsBound) {
  for (const std::size_t size : {0u, 1u, 990u, 991u, 992u, 2'015u, 2'016u, 3'550u, 3'551u}) {
    const std::string message(size, '\0');
    EXPECT_EQ(opened(signal(message)).value().view(), message) << size;
  }
  EXPECT_THAT(Signal::seal(envelope(), key("phone").public_key(), std::string(3'552, 'x'), key("laptop")),
              Rejects(Reason::too_large, "SGN-8"));
}

TEST(Signal, HasOneOfThreeLengths) {
  std::set<std::size_t> sizes;
  for (std::size_t size = 0; size <= max_signal_message; size += 53)
    sizes.insert(signal(std::string(size, 'x')).body().box.size());
  EXPECT_EQ(sizes, (std::set<std::size_t>{1'024 + 48, 2'048 + 48, 3'584 + 48}));
}

TEST(Signal, FitsWhenEverythingIsAtItsLargest) {
  const SignalEnvelope largest{sample::address(longest_name), sample::address(longest_name), at(0), at(60)};
  EXPECT_THAT(Signal::seal(largest, key("phone").public_key(), std::string(max_signal_message, 'x'), key("laptop")),
              Accepts());
}

TEST(Signal, HidesItsMessage) {
  const std::string text = signal("198.51.100.4:4433").text();
  const std::string payload = sample::payload(text).dump();
  EXPECT_EQ(payload.find("198.51"), payload.npos);
  const auto box = Signal::parse(text)->body().box;
  EXPECT_EQ(std::string(box.begin(), box.end()).find("198.51"), std::string::npos);
}

TEST(Signal, IsOfItsTypeAndSize) {
  EXPECT_THAT(Signal::parse(sample::create().text()), Rejects(Reason::unsupported, "JWS-5"));
  EXPECT_THAT(with({{"later", std::string(max_signal_bytes, 'x')}}), Rejects(Reason::too_large, "JWS-1"));
  EXPECT_THAT(with({{"later", "something"}}), Accepts());
}

TEST(Signal, NamesWhoItIsFromAndFor) {
  EXPECT_THAT(with({{"iss", "Olivier@example.org"}}), Rejects(Reason::malformed, "SGN-2"));
  EXPECT_THAT(with({{"sub", nullptr}}), Rejects(Reason::malformed, "SGN-2"));
  EXPECT_THAT(with({{"dev", "x"}}), Rejects(Reason::malformed, "SGN-3"));
  EXPECT_THAT(with({{"jti", ""}}), Rejects(Reason::malformed, "SGN-4"));
  EXPECT_THAT(with({{"jti", base64url(Bytes(17))}}), Rejects(Reason::malformed, "SGN-4"));
  EXPECT_THAT(with({{"jti", base64url(Bytes(16)) + "="}}), Rejects(Reason::malformed, "SGN-4"));
}

TEST(Signal, LivesForAMinute) {
  const auto number = [](std::int64_t seconds) { return at(seconds).time_since_epoch().count(); };
  EXPECT_THAT(with({{"exp", number(61)}}), Rejects(Reason::malformed, "SGN-5"));
  EXPECT_THAT(with({{"exp", number(0)}}), Rejects(Reason::malformed, "SGN-5"));
  EXPECT_THAT(with({{"exp", number(1)}}), Accepts());
  SignalEnvelope longer = envelope();
  longer.expires = at(61);
  EXPECT_THAT(Signal::seal(longer, key("phone").public_key(), "", key("laptop")), Rejects(Reason::malformed, "SGN-5"));
}

TEST(Signal, HasABoxOfOneOfThreeLengths) {
  for (const std::size_t size : {0u, 48u, 1'024u, 1'071u, 1'073u, 3'633u})
    EXPECT_THAT(with({{"box", base64url(Bytes(size))}}), Rejects(Reason::malformed, "SGN-6")) << size;
  EXPECT_THAT(with({{"box", "="}}), Rejects(Reason::malformed, "SGN-6"));
  EXPECT_THAT(with({{"box", base64url(Bytes(1'072))}}), Accepts());
}

TEST(Signal, IsSignedByADeviceOfItsSender) {
  EXPECT_THAT(signal().verify(sample::state("gordon@example.org"), at(10)), Rejects(Reason::wrong_subject, "SGN-10"));
  EXPECT_THAT(opened(signal("", "tablet")), Rejects(Reason::wrong_key, "SGN-11"));
  EXPECT_THAT(opened(signal("", "identity")), Rejects(Reason::wrong_key, "SGN-11"));
  EXPECT_THAT(opened(Signal::parse(sample::forged(signal().text()))), Rejects(Reason::bad_signature, "JWS-10"));
}

TEST(Signal, HoldsForItsTimeWithTheLeewayOfTwoClocks) {
  EXPECT_THAT(opened(signal(), -301), Rejects(Reason::not_yet_valid, "SGN-12"));
  EXPECT_THAT(opened(signal(), -300), Accepts());
  EXPECT_THAT(opened(signal(), 359), Accepts());
  EXPECT_THAT(opened(signal(), 360), Rejects(Reason::expired, "SGN-12"));
}

TEST(Signal, IsForOneDeviceOfOnePerson) {
  EXPECT_THAT(opened(signal(), 10, "tablet"), Rejects(Reason::wrong_subject, "SGN-13"));
  EXPECT_THAT(signal().open(sample::state(), sample::address("alyx@blackmesa.us"), key("phone"), at(10)),
              Rejects(Reason::wrong_subject, "SGN-13"));
  EXPECT_THAT(opened(with({{"box", base64url(seal(key("tablet").public_key(), Bytes(1'024)))}})),
              Rejects(Reason::malformed, "SGN-14"));
}

// What the box was sealed for is within it: nobody who carries it can make it another's, or another time's.
TEST(Signal, HasABoxThatFitsNoOtherSignal) {
  EXPECT_THAT(opened(with({{"jti", base64url(Bytes(16))}})), Rejects(Reason::wrong_subject, "SGN-8"));
  IdentityState alyx = sample::state("alyx@example.org");
  alyx.devices = {{"desktop", key("desktop").public_key()}};
  const auto stolen = Signal::parse(sample::changed(signal().text(), {{"iss", "alyx@example.org"}}, "desktop")).value();
  EXPECT_THAT(stolen.open(alyx, sample::address("gordon@blackmesa.us"), key("phone"), at(10)),
              Rejects(Reason::wrong_subject, "SGN-8"));
}

}  // namespace
}  // namespace pd::identity
