#include "identity/jws.h"

#include <gtest/gtest.h>

namespace pd::identity {
namespace {

constexpr std::string_view typ = "pd-test+jws";
constexpr std::size_t room = 2'000;

const PrivateKey& key() {
  static const PrivateKey fixed = std::move(*PrivateKey::from_seed(Bytes(32, 7)));
  return fixed;
}

Json header() {
  return {{"alg", "EdDSA"}, {"kid", key().public_key().id()}, {"typ", typ}};
}

// A JWS over any header and payload whatever, correctly signed.
std::string signed_text(const std::string& header, const std::string& payload) {
  std::string text = base64url(bytes_of(header)) + "." + base64url(bytes_of(payload));
  return text + "." + base64url(key().sign(bytes_of(text)));
}

std::string with_header(const Json& header) {
  return signed_text(header.dump(), "{}");
}

std::string rule_of(std::string_view text) {
  const auto jws = Jws::parse(text, typ, room);
  return jws ? "accepted" : jws.error().rule;
}

TEST(Jws, WhatIsSignedReadsBackAndVerifies) {
  const Json payload = {{"sub", "olivier@example.org"}, {"n", 1}};
  const auto made = Jws::sign(key(), typ, payload);
  const auto read = Jws::parse(made.text(), typ, room);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->text(), made.text());
  EXPECT_EQ(read->payload(), payload);
  EXPECT_EQ(read->key_id(), key().public_key().id());
  EXPECT_FALSE(read->embedded_key());
  EXPECT_EQ(read->hash(), sha256(bytes_of(made.text())));
  EXPECT_TRUE(made.verify(key().public_key()));
  EXPECT_TRUE(read->verify(key().public_key()));
}

TEST(Jws, EmbeddedKey) {
  const auto made = Jws::sign(key(), typ, Json::object(), true);
  const auto read = Jws::parse(made.text(), typ, room);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->embedded_key(), key().public_key());
  EXPECT_EQ(made.embedded_key(), key().public_key());
}

TEST(Jws, ReadsRfc8037AppendixA) {
  // RFC 8037, appendix A.4, is over plain text: its header and signature are right, its payload is not an object.
  const std::string text =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  EXPECT_EQ(rule_of(text), "JWS-5");
}

TEST(Jws, AnotherKeyDoesNotVerify) {
  const auto jws = Jws::sign(key(), typ, Json::object());
  const auto other = PrivateKey::generate();
  EXPECT_EQ(jws.verify(other.public_key()).error().rule, "JWS-9");
  // Signed by one key under the name of another.
  Json named = header();
  named["kid"] = other.public_key().id();
  const auto forged = Jws::parse(with_header(named), typ, room);
  ASSERT_TRUE(forged);
  EXPECT_EQ(forged->verify(other.public_key()).error().rule, "JWS-10");
  EXPECT_EQ(forged->verify(other.public_key()).error().reason, Reason::bad_signature);
  EXPECT_EQ(forged->verify(key().public_key()).error().reason, Reason::wrong_key);
}

TEST(Jws, EveryChangedCharacterIsRefused) {
  const auto made = Jws::sign(key(), typ, {{"sub", "olivier@example.org"}});
  for (std::size_t i = 0; i < made.text().size(); ++i) {
    std::string text = made.text();
    text[i] = text[i] == 'A' ? 'B' : 'A';
    const auto read = Jws::parse(text, typ, room);
    EXPECT_FALSE(read && read->verify(key().public_key())) << i;
  }
}

TEST(Jws, Parts) {
  const std::string good = with_header(header());
  EXPECT_EQ(rule_of(good), "accepted");
  EXPECT_EQ(rule_of(""), "JWS-1");
  EXPECT_EQ(rule_of("a.b"), "JWS-1");
  EXPECT_EQ(rule_of(good + "."), "JWS-1");
  EXPECT_EQ(rule_of(good + "AA"), "JWS-1") << "66 bytes of signature";
  EXPECT_EQ(rule_of(good.substr(0, good.rfind('.') + 1)), "JWS-1") << "no signature";
  EXPECT_EQ(rule_of(good + "="), "JWS-2");
  EXPECT_EQ(rule_of(good + "\n"), "JWS-2");
  EXPECT_EQ(rule_of(" " + good), "JWS-2");
  const auto too_long = Jws::parse(good, typ, good.size() - 1);
  EXPECT_EQ(too_long.error().reason, Reason::too_large);
  EXPECT_TRUE(Jws::parse(good, typ, good.size()));
}

TEST(Jws, HeaderIsABoundedObject) {
  EXPECT_EQ(rule_of(signed_text("[]", "{}")), "JWS-3");
  EXPECT_EQ(rule_of(signed_text("", "{}")), "JWS-3");
  EXPECT_EQ(rule_of(signed_text(R"({"alg":"EdDSA","alg":"EdDSA"})", "{}")), "JWS-3");
  Json large = header();
  large["note"] = std::string(1'000, 'x');
  EXPECT_EQ(rule_of(with_header(large)), "JWS-3");
  large["note"] = "unknown members are ignored";
  EXPECT_EQ(rule_of(with_header(large)), "accepted");
}

TEST(Jws, Algorithm) {
  for (const Json& alg :
       {Json("none"), Json("HS256"), Json("ES256"), Json("Ed25519"), Json("eddsa"), Json(1), Json()}) {
    Json changed = header();
    changed["alg"] = alg;
    EXPECT_EQ(rule_of(with_header(changed)), "JWS-4") << alg;
  }
}

TEST(Jws, Type) {
  for (const Json& other : {Json("pd-op+jws"), Json("application/pd-test+jws"), Json("PD-TEST+JWS"), Json(1), Json()}) {
    Json changed = header();
    changed["typ"] = other;
    EXPECT_EQ(rule_of(with_header(changed)), "JWS-5") << other;
  }
}

TEST(Jws, ExtensionsAreRefused) {
  Json critical = header();
  critical["crit"] = {"exp"};
  EXPECT_EQ(rule_of(with_header(critical)), "JWS-6");
  Json unencoded = header();
  unencoded["b64"] = false;
  EXPECT_EQ(rule_of(with_header(unencoded)), "JWS-6");
}

TEST(Jws, KeyIdAndEmbeddedKey) {
  for (const Json& kid : {Json("short"), Json(""), Json(std::string(44, 'A')), Json(1), Json()}) {
    Json changed = header();
    changed["kid"] = kid;
    EXPECT_EQ(rule_of(with_header(changed)), "JWS-7") << kid;
  }
  Json embedded = header();
  embedded["jwk"] = PrivateKey::generate().public_key().jwk();
  EXPECT_EQ(rule_of(with_header(embedded)), "JWS-7") << "the key of another id";
  embedded["jwk"] = key().public_key().jwk();
  embedded["jwk"]["d"] = base64url(key().seed());
  EXPECT_EQ(rule_of(with_header(embedded)), "KEY-2");
}

TEST(Jws, PayloadIsAnObject) {
  for (const char* payload : {"", "[]", "\"x\"", "{", R"({"a":1,"a":2})", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(rule_of(signed_text(header().dump(), payload)), "JWS-8") << payload;
  }
}

}  // namespace
}  // namespace pd::identity
