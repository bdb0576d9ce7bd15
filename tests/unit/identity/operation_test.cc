#include "identity/operation.h"

#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using enum OperationKind;
using sample::at;
using sample::key;

// A create with `change` merged into its payload.
Result<Operation> create_with(const Json& change) {
  return Operation::parse(sample::changed(sample::create().text(), change, "identity"));
}

// An operation of `kind` after a create, with `change` merged in, signed by the identity key.
Result<Operation> later_with(OperationKind kind, const Json& change, bool embed_key = false) {
  auto body = sample::following(sample::create(), kind);
  if (kind == move) body.moved_to = sample::address("olivier@example.net");
  const bool recovery = kind == recover;
  const Operation base = sample::sign(body, recovery ? "recovery 0" : "identity", recovery);
  return Operation::parse(
      sample::changed(base.text(), change, recovery ? "recovery 0" : "identity", recovery || embed_key));
}

Json device(std::string_view name, std::string_view key_name) {
  return {{"name", name}, {"key", key(key_name).public_key().jwk()}};
}

Json devices(std::size_t count) {
  Json devices = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "device " + std::to_string(i);
    devices.push_back(device(name, name));
  }
  return devices;
}

Json thumbprints(std::size_t count) {
  Json recovery = Json::array();
  for (std::size_t i = 0; i < count; ++i)
    recovery.push_back(key("recovery " + std::to_string(i)).public_key().id());
  return recovery;
}

Result<Operation> create_with_device_name(std::string_view name) {
  return create_with({{"devices", Json::array({device(name, "laptop")})}});
}

TEST(Operation, ReadsBackEverythingThatWasSigned) {
  OperationBody body = sample::following(sample::create(), move);
  body.moved_to = sample::address("o@example.net");
  body.state.devices.push_back({"Téléphone 📱", key("phone").public_key()});
  const Operation signed_one = sample::sign(body);
  const Operation read = Operation::parse(signed_one.text()).value();
  EXPECT_EQ(read.body().kind, move);
  EXPECT_EQ(read.body().seq, 1u);
  EXPECT_EQ(read.body().previous, body.previous);
  EXPECT_EQ(read.body().time, at(60));
  EXPECT_EQ(read.body().state, body.state);
  EXPECT_EQ(read.body().moved_to, body.moved_to);
  EXPECT_EQ(read.text(), signed_one.text());
  EXPECT_EQ(read.hash(), sha256(bytes_of(signed_one.text())));
}

TEST(Operation, IsOfOurTypeAndSize) {
  const Json payload = sample::create().jws().payload();
  EXPECT_THAT(Operation::parse(Jws::sign(key("identity"), "pd-statement+jws", payload).text()),
              Rejects(Reason::unsupported, "JWS-5"));
  EXPECT_THAT(create_with({{"later", std::string(max_operation_bytes, 'x')}}), Rejects(Reason::too_large, "JWS-1"));
  EXPECT_THAT(Operation::parse(""), Rejects(Reason::malformed, "JWS-1"));
}

TEST(Operation, HasAVersion) {
  EXPECT_THAT(create_with({{"v", 2}}), Rejects(Reason::unsupported, "OP-2"));
  EXPECT_THAT(create_with({{"v", "1"}}), Rejects(Reason::malformed, "OP-2"));
  EXPECT_THAT(create_with({{"v", 1.0}}), Rejects(Reason::malformed, "OP-2"));
  EXPECT_THAT(create_with({{"v", nullptr}}), Rejects(Reason::malformed, "OP-2"));
}

TEST(Operation, IsOfOneOfFiveKinds) {
  EXPECT_THAT(create_with({{"type", "destroy"}}), Rejects(Reason::unsupported, "OP-3"));
  EXPECT_THAT(create_with({{"type", "Create"}}), Rejects(Reason::unsupported, "OP-3"));
  EXPECT_THAT(create_with({{"type", 1}}), Rejects(Reason::malformed, "OP-3"));
  for (const auto kind : {update, recover, revoke, move})
    EXPECT_THAT(later_with(kind, Json::object()), Accepts());
}

TEST(Operation, SpellsTheAddressInOneWay) {
  EXPECT_THAT(create_with({{"address", "Olivier@example.org"}}), Rejects(Reason::malformed, "OP-4"));
  EXPECT_THAT(create_with({{"address", "acct:olivier@example.org"}}), Rejects(Reason::malformed, "OP-4"));
  EXPECT_THAT(create_with({{"address", "olivier"}}), Rejects(Reason::malformed, "OP-4"));
  EXPECT_THAT(create_with({{"address", nullptr}}), Rejects(Reason::malformed, "OP-4"));
}

TEST(Operation, NumbersACreateZeroAndNothingElse) {
  EXPECT_THAT(create_with({{"seq", 1}}), Rejects(Reason::malformed, "OP-5"));
  EXPECT_THAT(create_with({{"seq", -1}}), Rejects(Reason::malformed, "OP-5"));
  EXPECT_THAT(later_with(update, {{"seq", 0}}), Rejects(Reason::malformed, "OP-5"));
  EXPECT_THAT(later_with(update, {{"seq", 9007199254740992}}), Rejects(Reason::malformed, "OP-5"));
  EXPECT_THAT(later_with(update, {{"seq", 9007199254740991}}), Accepts());
}

TEST(Operation, NamesWhatItFollows) {
  EXPECT_THAT(create_with({{"prev", base64url(Hash{})}}), Rejects(Reason::malformed, "OP-6"));
  for (const auto kind : {update, recover, revoke, move}) {
    EXPECT_THAT(later_with(kind, {{"prev", nullptr}}), Rejects(Reason::malformed, "OP-6"));
  }
  EXPECT_THAT(later_with(update, {{"prev", "AAAA"}}), Rejects(Reason::malformed, "OP-6"));
}

TEST(Operation, HasATime) {
  EXPECT_THAT(create_with({{"time", "1800000000"}}), Rejects(Reason::malformed, "OP-7"));
  EXPECT_THAT(create_with({{"time", -1}}), Rejects(Reason::malformed, "OP-7"));
  EXPECT_THAT(create_with({{"time", 1800000000.5}}), Rejects(Reason::malformed, "OP-7"));
}

TEST(Operation, HasAPublicIdentityKey) {
  EXPECT_THAT(create_with({{"identity_key", nullptr}}), Rejects(Reason::malformed, "OP-8"));
  EXPECT_THAT(create_with({{"identity_key", "key"}}), Rejects(Reason::malformed, "OP-8"));
  EXPECT_THAT(create_with({{"identity_key", {{"crv", "X25519"}}}}), Rejects(Reason::unsupported, "OP-8"));
  // The private half must never be published, not even by mistake.
  EXPECT_THAT(create_with({{"identity_key", {{"d", "AAAA"}}}}), Rejects(Reason::malformed, "OP-8"));
  // A point of small order, under which anything verifies.
  EXPECT_THAT(create_with({{"identity_key", {{"x", base64url(Hash{1})}}}}), Rejects(Reason::malformed, "OP-8"));
}

TEST(Operation, HasAtMostSixteenDevices) {
  EXPECT_THAT(create_with({{"devices", devices(0)}}), Accepts());
  EXPECT_THAT(create_with({{"devices", devices(16)}}), Accepts());
  EXPECT_THAT(create_with({{"devices", devices(17)}}), Rejects(Reason::too_large, "OP-9"));
}

TEST(Operation, FitsWhenEverythingIsAtItsLargest) {
  IdentityState state = sample::state(std::string(64, 'o') + "@example.org", max_recovery_keys);
  state.devices.clear();
  for (std::size_t i = 0; i < max_devices; ++i) {
    const std::string name = std::string(62, 'd') + std::to_string(10 + i);
    state.devices.push_back({name, key(name).public_key()});
  }
  EXPECT_LE(sample::create(state).text().size(), max_operation_bytes);
}

TEST(Operation, ListsDevicesAsObjects) {
  EXPECT_THAT(create_with({{"devices", "laptop"}}), Rejects(Reason::malformed, "OP-9"));
  EXPECT_THAT(create_with({{"devices", nullptr}}), Rejects(Reason::malformed, "OP-9"));
  EXPECT_THAT(create_with({{"devices", {"laptop"}}}), Rejects(Reason::malformed, "OP-9"));
  EXPECT_THAT(create_with({{"devices", {{{"name", "laptop"}}}}}), Rejects(Reason::malformed, "OP-9"));
  EXPECT_THAT(create_with({{"devices", {{{"key", key("laptop").public_key().jwk()}}}}}),
              Rejects(Reason::malformed, "OP-9"));
}

TEST(Operation, NamesDevicesPrintably) {
  EXPECT_THAT(create_with_device_name("Olivier’s книга 📱 – 2"), Accepts());
  EXPECT_THAT(create_with_device_name(std::string(64, 'x')), Accepts());
  EXPECT_THAT(create_with_device_name(std::string(65, 'x')), Rejects(Reason::malformed, "OP-10"));
  EXPECT_THAT(create_with_device_name(""), Rejects(Reason::malformed, "OP-10"));
  EXPECT_THAT(create_with_device_name(" laptop"), Rejects(Reason::malformed, "OP-10"));
  EXPECT_THAT(create_with_device_name("laptop "), Rejects(Reason::malformed, "OP-10"));
}

TEST(Operation, RefusesEveryInvisibleOrActingCharacterInANameOfADevice) {
  const std::string_view refused[] = {
      "\x01",   "\x1B[31m",   "\n",         "\x7F",       "\u0080", "\u009F",     "\u00AD",
      "\u061C", "\u200B",     "\u200E",     "\u200F",     "\u2028", "\u2029",     "\u202A",
      "\u202E", "\u2060",     "\u2066",     "\u2069",     "\u206F", "\uFEFF",     "\uFFF9",
      "\uFFFB", "\U000E0000", "\U000E0041", "\U000E0FFF", "\u180E", "\U0001D173", "\U0001D17A",
  };
  for (const auto text : refused) {
    EXPECT_THAT(create_with_device_name("lap" + std::string(text) + "top"), Rejects(Reason::malformed, "OP-10"));
  }
  // Their neighbours are fine.
  for (const std::string_view text :
       {"\u00A0", "\u00AE", "\u200C", "\u200D", "\u2027", "\u202F", "\u205F", "\u2070", "\uFFFC", "\u180D", "\u180F",
        "\U0001D172", "\U0001D17B", "\U000E1000", "\U0010FFFF"}) {
    EXPECT_THAT(create_with_device_name("lap" + std::string(text) + "top"), Accepts());
  }
}

TEST(Operation, IsNotSignedWithANameThatIsNotUtf8) {
  for (const std::string_view name :
       {"\x80", "\xC0\x80", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    OperationBody body = sample::create().body();
    body.state.devices[0].name = name;
    EXPECT_THAT(Operation::sign(body, key("identity")), Rejects(Reason::malformed, "OP-10"));
  }
}

TEST(Operation, KeepsDevicesApart) {
  const Json same_name = {device("laptop", "laptop"), device("laptop", "phone")};
  const Json same_key = {device("laptop", "laptop"), device("phone", "laptop")};
  EXPECT_THAT(create_with({{"devices", same_name}}), Rejects(Reason::malformed, "OP-11"));
  EXPECT_THAT(create_with({{"devices", same_key}}), Rejects(Reason::malformed, "OP-11"));
  EXPECT_THAT(create_with({{"devices", {device("laptop", "identity")}}}), Rejects(Reason::malformed, "OP-11"));
}

TEST(Operation, HasAtMostFiveRecoveryKeys) {
  EXPECT_THAT(create_with({{"recovery", thumbprints(0)}}), Accepts());
  EXPECT_THAT(create_with({{"recovery", thumbprints(5)}}), Accepts());
  EXPECT_THAT(create_with({{"recovery", thumbprints(6)}}), Rejects(Reason::too_large, "OP-12"));
  EXPECT_THAT(create_with({{"recovery", nullptr}}), Rejects(Reason::malformed, "OP-12"));
  EXPECT_THAT(create_with({{"recovery", {1}}}), Rejects(Reason::malformed, "OP-12"));
  EXPECT_THAT(create_with({{"recovery", {"AAAA"}}}), Rejects(Reason::malformed, "OP-12"));
}

TEST(Operation, KeepsRecoveryKeysApart) {
  const std::string once = key("recovery 0").public_key().id();
  EXPECT_THAT(create_with({{"recovery", {once, once}}}), Rejects(Reason::malformed, "OP-12"));
  EXPECT_THAT(create_with({{"recovery", {key("identity").public_key().id()}}}), Rejects(Reason::malformed, "OP-12"));
  EXPECT_THAT(create_with({{"recovery", {key("laptop").public_key().id()}}}), Rejects(Reason::malformed, "OP-12"));
}

TEST(Operation, MovesSomewhereElse) {
  EXPECT_THAT(later_with(move, {{"moved_to", nullptr}}), Rejects(Reason::malformed, "OP-13"));
  EXPECT_THAT(later_with(move, {{"moved_to", "olivier@example.org"}}), Rejects(Reason::malformed, "OP-13"));
  EXPECT_THAT(later_with(move, {{"moved_to", "Olivier@example.net"}}), Rejects(Reason::malformed, "OP-13"));
  EXPECT_THAT(later_with(update, {{"moved_to", "olivier@example.net"}}), Rejects(Reason::malformed, "OP-13"));
  EXPECT_THAT(create_with({{"moved_to", "olivier@example.net"}}), Rejects(Reason::malformed, "OP-13"));
}

TEST(Operation, CarriesAKeyOnlyForRecovery) {
  EXPECT_THAT(later_with(update, Json::object(), true), Rejects(Reason::malformed, "OP-14"));
  EXPECT_THAT(later_with(move, Json::object(), true), Rejects(Reason::malformed, "OP-14"));
  EXPECT_THAT(later_with(revoke, Json::object(), true), Accepts());
  EXPECT_THAT(Operation::sign(sample::create().body(), key("identity"), true), Rejects(Reason::malformed, "OP-14"));
  const auto body = sample::following(sample::create(), recover);
  EXPECT_THAT(Operation::sign(body, key("recovery 0"), false), Rejects(Reason::malformed, "OP-14"));
}

TEST(Operation, IgnoresMembersThatItDoesNotKnowAndKeepsThem) {
  const auto operation = create_with({{"later", {{"deep", {1, 2, 3}}}}});
  ASSERT_THAT(operation, Accepts());
  EXPECT_TRUE(operation->jws().payload().contains("later"));
}

}  // namespace
}  // namespace pd::identity
