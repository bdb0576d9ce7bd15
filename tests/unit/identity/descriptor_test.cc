#include "identity/descriptor.h"

#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using sample::at;
using sample::key;

constexpr std::int64_t week = 7 * 24 * 3600;
const Domain example = sample::domain("example.org");

DomainKeys two_keys() {
  DomainKeys keys = DomainKeys::create(example, key("domain"), at(0));
  EXPECT_THAT(keys.rotate(key("domain"), key("next domain").public_key(), at(60)), Accepts());
  return keys;
}

DescriptorBody body() {
  return {example, 3, at(0), at(week), "https://example.org", RegistrationMode::open};
}

Descriptor described() {
  return Descriptor::sign(body(), two_keys(), key("next domain"));
}

// Key records with `change` merged into record `n`, signed by `signer`.
Result<DomainKeys> records_with(std::size_t n, const Json& change, std::string_view signer) {
  std::vector<std::string> records = two_keys().records();
  records[n] = sample::changed(records[n], change, signer);
  return DomainKeys::replay(example, records);
}

// A descriptor with `change` merged into its payload.
Result<Descriptor> with(const Json& change, std::string_view signer = "next domain") {
  Json document = described().json();
  auto& text = document["descriptor"].get_ref<std::string&>();
  text = sample::changed(text, change, signer);
  return Descriptor::parse(example, document.dump());
}

TEST(DomainKeys, ReplayWhatWasSigned) {
  const DomainKeys keys = two_keys();
  EXPECT_EQ(keys.current(), key("next domain").public_key());
  const DomainKeys read = DomainKeys::replay(example, keys.records()).value();
  EXPECT_EQ(read.current(), keys.current());
  EXPECT_EQ(read.records(), keys.records());
}

TEST(DomainKeys, AreOneToSixtyFourRecords) {
  EXPECT_THAT(DomainKeys::replay(example, {}), Rejects(Reason::malformed, "DKEY-1"));
  DomainKeys keys = DomainKeys::create(example, key("key 0"), at(0));
  for (int i = 1; i < 64; ++i) {
    const std::string now = "key " + std::to_string(i - 1), next = "key " + std::to_string(i);
    ASSERT_THAT(keys.rotate(key(now), key(next).public_key(), at(i)), Accepts());
  }
  EXPECT_THAT(keys.rotate(key("key 63"), key("key 64").public_key(), at(64)), Rejects(Reason::not_allowed, "DKEY-1"));
  std::vector<std::string> records = keys.records();
  EXPECT_THAT(DomainKeys::replay(example, records), Accepts());
  records.push_back(records.back());
  EXPECT_THAT(DomainKeys::replay(example, records), Rejects(Reason::too_large, "DKEY-1"));
}

TEST(DomainKeys, FitForTheLongestDomain) {
  const std::string label(59, 'x');
  const std::string name = label + "." + label + "." + label + "." + label + ".example.org";
  const DomainKeys keys = DomainKeys::create(sample::domain(name), key("domain"), at(0));
  DomainKeys more = keys;
  EXPECT_THAT(more.rotate(key("domain"), key("next domain").public_key(), at(1)), Accepts());
}

TEST(DomainKeys, AreOfOneDomain) {
  EXPECT_THAT(DomainKeys::replay(sample::domain("blackmesa.us"), two_keys().records()),
              Rejects(Reason::wrong_subject, "DKEY-2"));
  EXPECT_THAT(records_with(0, {{"iss", "Example.org"}}, "domain"), Rejects(Reason::malformed, "DKEY-2"));
}

TEST(DomainKeys, AreNumberedAndLinked) {
  EXPECT_THAT(records_with(1, {{"n", 2}}, "domain"), Rejects(Reason::out_of_order, "DKEY-3"));
  EXPECT_THAT(records_with(1, {{"n", nullptr}}, "domain"), Rejects(Reason::malformed, "DKEY-3"));
  EXPECT_THAT(records_with(1, {{"prev", base64url(Hash{})}}, "domain"), Rejects(Reason::out_of_order, "DKEY-4"));
  EXPECT_THAT(records_with(1, {{"prev", nullptr}}, "domain"), Rejects(Reason::out_of_order, "DKEY-4"));
  EXPECT_THAT(records_with(1, {{"prev", "x"}}, "domain"), Rejects(Reason::malformed, "DKEY-4"));
  EXPECT_THAT(records_with(0, {{"prev", base64url(Hash{})}}, "domain"), Rejects(Reason::out_of_order, "DKEY-4"));
}

TEST(DomainKeys, NeverGoBackInTime) {
  EXPECT_THAT(records_with(1, {{"time", at(-1).time_since_epoch().count()}}, "domain"),
              Rejects(Reason::out_of_order, "DKEY-5"));
  EXPECT_THAT(records_with(1, {{"time", nullptr}}, "domain"), Rejects(Reason::malformed, "DKEY-5"));
  // A clock that was set back does not stop a rotation.
  DomainKeys keys = DomainKeys::create(example, key("domain"), at(0));
  EXPECT_THAT(keys.rotate(key("domain"), key("next domain").public_key(), at(-60)), Accepts());
}

TEST(DomainKeys, AreNeverUsedTwice) {
  DomainKeys keys = two_keys();
  EXPECT_THAT(keys.rotate(key("next domain"), key("domain").public_key(), at(120)),
              Rejects(Reason::not_allowed, "DKEY-6"));
  EXPECT_THAT(records_with(1, {{"key", key("domain").public_key().jwk()}}, "domain"),
              Rejects(Reason::not_allowed, "DKEY-6"));
  EXPECT_THAT(records_with(1, {{"key", nullptr}}, "domain"), Rejects(Reason::malformed, "DKEY-6"));
}

TEST(DomainKeys, IntroduceEachOther) {
  EXPECT_THAT(records_with(0, Json::object(), "next domain"), Rejects(Reason::wrong_key, "DKEY-7"));
  EXPECT_THAT(records_with(1, Json::object(), "next domain"), Rejects(Reason::wrong_key, "DKEY-7"));
  DomainKeys keys = two_keys();
  EXPECT_THAT(keys.rotate(key("domain"), key("third").public_key(), at(120)), Rejects(Reason::wrong_key, "DKEY-7"));
  std::vector<std::string> records = keys.records();
  records[1] = sample::forged(records[1]);
  EXPECT_THAT(DomainKeys::replay(example, records), Rejects(Reason::bad_signature, "JWS-10"));
}

TEST(DomainKeys, ExtendOnlyWhatTheyBeginWith) {
  const DomainKeys first = DomainKeys::create(example, key("domain"), at(0));
  const DomainKeys both = two_keys();
  EXPECT_TRUE(first.extends(first));
  EXPECT_TRUE(both.extends(first));
  EXPECT_FALSE(first.extends(both));
  EXPECT_FALSE(DomainKeys::create(example, key("other"), at(0)).extends(first));
  // The same key, introduced by another record, is not the same list.
  EXPECT_FALSE(DomainKeys::create(example, key("domain"), at(1)).extends(first));
}

TEST(Descriptor, ReadsBackWhatWasSigned) {
  const Descriptor read = Descriptor::parse(example, described().json().dump()).value();
  EXPECT_EQ(read.body().seq, 3u);
  EXPECT_EQ(read.body().api, "https://example.org");
  EXPECT_EQ(read.body().registration, RegistrationMode::open);
  EXPECT_EQ(read.body().issued, at(0));
  EXPECT_EQ(read.body().expires, at(week));
  EXPECT_EQ(read.keys().records(), two_keys().records());
  EXPECT_EQ(read.json(), described().json());
}

TEST(Descriptor, IsADocumentWithKeys) {
  Json document = described().json();
  EXPECT_THAT(Descriptor::parse(example, "[]"), Rejects(Reason::malformed, "DESC-1"));
  EXPECT_THAT(Descriptor::from_json(example, Json::array()), Rejects(Reason::malformed, "DESC-1"));
  EXPECT_THAT(Descriptor::parse(example, document.dump() + std::string(70'000, ' ')),
              Rejects(Reason::too_large, "DESC-1"));
  for (const Json& change : {Json{{"keys", nullptr}}, Json{{"keys", {1}}}, Json{{"descriptor", nullptr}}}) {
    Json changed = document;
    changed.merge_patch(change);
    EXPECT_THAT(Descriptor::parse(example, changed.dump()), Rejects(Reason::malformed, "DESC-1"));
  }
  document["keys"] = std::vector<std::string>(65, "x");
  EXPECT_THAT(Descriptor::parse(example, document.dump()), Rejects(Reason::too_large, "DKEY-1"));
}

TEST(Descriptor, IsOfItsTypeAndSize) {
  Json document = described().json();
  document["descriptor"] = two_keys().records()[0];
  EXPECT_THAT(Descriptor::parse(example, document.dump()), Rejects(Reason::unsupported, "JWS-5"));
  EXPECT_THAT(with({{"later", std::string(max_descriptor_bytes, 'x')}}), Rejects(Reason::too_large, "JWS-1"));
}

TEST(Descriptor, IsOfTheDomainThatWasAsked) {
  EXPECT_THAT(Descriptor::parse(sample::domain("blackmesa.us"), described().json().dump()),
              Rejects(Reason::wrong_subject, "DESC-3"));
  EXPECT_THAT(with({{"iss", "Example.org"}}), Rejects(Reason::malformed, "DESC-3"));
}

TEST(Descriptor, HasASequenceNumber) {
  EXPECT_THAT(with({{"seq", nullptr}}), Rejects(Reason::malformed, "DESC-4"));
  EXPECT_THAT(with({{"seq", -1}}), Rejects(Reason::malformed, "DESC-4"));
}

TEST(Descriptor, HoldsForAtMostAWeek) {
  const auto issued = at(0).time_since_epoch().count();
  EXPECT_THAT(with({{"exp", issued + week + 1}}), Rejects(Reason::malformed, "DESC-5"));
  EXPECT_THAT(with({{"exp", issued}}), Rejects(Reason::malformed, "DESC-5"));
  EXPECT_THAT(with({{"iat", nullptr}}), Rejects(Reason::malformed, "DESC-5"));
}

TEST(Descriptor, NamesAnHttpsOriginAndNothingMore) {
  for (const char* api : {"https://example.org", "https://pd.example.org:8443", "https://xn--caf-dma.example:1",
                          "https://example.net:65535"}) {
    EXPECT_THAT(with({{"api", api}}), Accepts()) << api;
  }
  for (const char* api : {"",
                          "http://example.org",
                          "HTTPS://example.org",
                          "https://",
                          "https://Example.org",
                          "https://example.org/",
                          "https://example.org/v1",
                          "https://example.org?q",
                          "https://example.org#f",
                          "https://user@example.org",
                          "https://example.org:",
                          "https://example.org:0",
                          "https://example.org:65536",
                          "https://example.org:0443",
                          "https://example.org:+1",
                          "https://example.org:443:443",
                          "https://127.0.0.1",
                          "https://[::1]",
                          "https://localhost",
                          "https://example.org ",
                          "//example.org",
                          "https://example.org\\@evil.example"}) {
    EXPECT_THAT(with({{"api", api}}), Rejects(Reason::malformed, "DESC-6")) << api;
  }
}

TEST(Descriptor, SaysWhoMayRegister) {
  for (const char* mode : {"open", "invite", "closed"})
    EXPECT_THAT(with({{"registration", mode}}), Accepts());
  EXPECT_THAT(with({{"registration", "Open"}}), Rejects(Reason::unsupported, "DESC-7"));
  EXPECT_THAT(with({{"registration", nullptr}}), Rejects(Reason::malformed, "DESC-7"));
}

TEST(Descriptor, MayNameStunServers) {
  DescriptorBody some = body();
  some.stun = {{"stun.example.org", 3478}, {"198.51.100.4", 3479}, {"2001:db8::1", 3478}, {"example.org", 65535}};
  const Json document = Descriptor::sign(some, two_keys(), key("next domain")).json();
  EXPECT_EQ(Descriptor::parse(example, document.dump()).value().stun(), some.stun);
  EXPECT_TRUE(described().stun().empty());
  EXPECT_EQ(StunServer::parse("[2001:db8::1]:3478").value(), (StunServer{"2001:db8::1", 3478}));
  EXPECT_THAT(with({{"stun", Json::array()}}), Accepts());
  EXPECT_THAT(with({{"stun", {"stun.example.org:3478"}}}), Accepts());
}

TEST(Descriptor, NamesStunServersInOneSpelling) {
  for (const char* server :
       {"", "stun.example.org", "stun.example.org:", "stun.example.org:0", "stun.example.org:65536",
        "stun.example.org:03478", "Stun.example.org:3478", "stun:stun.example.org:3478", "2001:db8::1:3478",
        "[2001:DB8::1]:3478", "[2001:db8::1]", "[stun.example.org]:3478", "198.51.100.04:3478", "224.0.0.1:3478",
        "0.0.0.0:3478", "localhost:3478", "stun.example.org:3478 ", ":3478"}) {
    EXPECT_THAT(with({{"stun", {server}}}), Rejects(Reason::malformed, "DESC-12")) << server;
  }
  for (const Json& value : {Json("stun.example.org:3478"), Json::object(), Json({1}), Json(true)}) {
    EXPECT_THAT(with({{"stun", value}}), Rejects(Reason::malformed, "DESC-12")) << value;
  }
  const std::string one = "stun.example.org:3478";
  EXPECT_THAT(with({{"stun", {one, one}}}), Rejects(Reason::malformed, "DESC-12"));
  EXPECT_THAT(with({{"stun", {"a.example:1", "a.example:2", "a.example:3", "a.example:4", "a.example:5"}}}),
              Rejects(Reason::too_large, "DESC-12"));
}

TEST(Descriptor, IsSignedByTheKeyInForce) {
  EXPECT_THAT(with(Json::object(), "domain"), Rejects(Reason::wrong_key, "DESC-8"));
  Json document = described().json();
  auto& text = document["descriptor"].get_ref<std::string&>();
  text = sample::forged(text);
  EXPECT_THAT(Descriptor::parse(example, document.dump()), Rejects(Reason::bad_signature, "JWS-10"));
}

TEST(Descriptor, HoldsForItsTime) {
  EXPECT_THAT(described().check_time(at(-301)), Rejects(Reason::not_yet_valid, "DESC-9"));
  EXPECT_THAT(described().check_time(at(-300)), Accepts());
  EXPECT_THAT(described().check_time(at(week - 1)), Accepts());
  EXPECT_THAT(described().check_time(at(week)), Rejects(Reason::expired, "DESC-9"));
}

TEST(Descriptor, SucceedsOnlyWhatItGrewFrom) {
  const auto signed_with = [](std::uint64_t seq, const DomainKeys& keys, std::string_view signer) {
    DescriptorBody changed = body();
    changed.seq = seq;
    return Descriptor::sign(changed, keys, key(signer));
  };
  const DomainKeys one = DomainKeys::create(example, key("domain"), at(0));
  const Descriptor pinned = signed_with(5, one, "domain");
  EXPECT_THAT(signed_with(5, one, "domain").check_succeeds(pinned), Accepts());
  EXPECT_THAT(signed_with(6, two_keys(), "next domain").check_succeeds(pinned), Accepts());
  EXPECT_THAT(signed_with(4, one, "domain").check_succeeds(pinned), Rejects(Reason::out_of_order, "DESC-10"));
  const DomainKeys usurped = DomainKeys::create(example, key("usurper"), at(0));
  EXPECT_THAT(signed_with(6, usurped, "usurper").check_succeeds(pinned), Rejects(Reason::wrong_key, "DKEY-8"));
  const Descriptor rotated = signed_with(1, two_keys(), "next domain");
  EXPECT_THAT(pinned.check_succeeds(rotated), Rejects(Reason::out_of_order, "DESC-10"))
      << "a list that stops short is old, whatever its sequence: nobody's key changed";
  EXPECT_THAT(signed_with(6, usurped, "usurper").check_succeeds(rotated), Rejects(Reason::wrong_key, "DKEY-8"));
}

TEST(Descriptor, IgnoresMembersThatItDoesNotKnow) {
  EXPECT_THAT(with({{"policy", "https://example.org/policy"}}), Accepts());
  Json document = described().json();
  document["later"] = 1;
  EXPECT_THAT(Descriptor::parse(example, document.dump()), Accepts());
}

TEST(Descriptor, IsNotSignedAgainstTheRules) {
  EXPECT_THROW(Descriptor::sign(body(), two_keys(), key("domain")), std::logic_error);
  DescriptorBody wrong = body();
  wrong.domain = sample::domain("blackmesa.us");
  EXPECT_THROW(Descriptor::sign(wrong, two_keys(), key("next domain")), std::logic_error);
  wrong = body();
  wrong.api = "https://example.org/";
  EXPECT_THROW(Descriptor::sign(wrong, two_keys(), key("next domain")), std::logic_error);
  wrong = body();
  wrong.stun = {{"Stun.example.org", 3478}};
  EXPECT_THROW(Descriptor::sign(wrong, two_keys(), key("next domain")), std::logic_error);
}

}  // namespace
}  // namespace pd::identity
