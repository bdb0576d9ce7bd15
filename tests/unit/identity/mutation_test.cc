// Valid things, spoiled at random (with a fixed seed): never a crash, and nothing accepted that says something else.
#include <gtest/gtest.h>

#include "identity/certificate.h"
#include "identity/history.h"
#include "identity/http_signature.h"
#include "identity/jws.h"
#include "identity/mutator.h"
#include "identity/recovery_words.h"
#include "identity/resolution.h"
#include "identity/sample.h"

namespace pd::identity {
namespace {

constexpr int rounds = 4'000;

using sample::Mutator;

std::size_t depth_of(const Json& json) {
  std::size_t deepest = 0;
  if (!json.is_structured()) return 0;
  for (const auto& item : json)
    deepest = std::max(deepest, depth_of(item));
  return deepest + 1;
}

TEST(Mutation, OfASignedText) {
  const auto key = sample::key("identity");
  const auto jws = Jws::sign(key, "pd-test+jws", {{"sub", "olivier@example.org"}, {"list", {1, 2, 3}}}, true);
  Mutator mutate(1);
  for (int i = 0; i < rounds; ++i) {
    const std::string text = mutate(jws.text());
    const auto read = Jws::parse(text, "pd-test+jws", 2'000);
    if (read && read->verify(key.public_key())) {
      ASSERT_EQ(text, jws.text());
    }
  }
}

TEST(Mutation, OfAnAddress) {
  Mutator mutate(2);
  int accepted = 0;
  for (int i = 0; i < rounds * 5; ++i) {
    const std::string text = mutate("acct:gordon.freeman@blackmesa.us");
    const auto address = Address::parse(text);
    if (!address) continue;
    ++accepted;
    // What is accepted is in its one form, and reads back as itself.
    ASSERT_EQ(address->text().find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789@._-"), std::string::npos) << text;
    const auto again = Address::parse(address->uri());
    ASSERT_TRUE(again) << text;
    ASSERT_EQ(*again, *address) << text;
  }
  EXPECT_GT(accepted, 100) << "the mutations are too wild to show anything";
}

TEST(Mutation, OfJson) {
  const std::string text =
      R"({"v":1,"type":"create","devices":[{"name":"a\"b\u00e9","key":{"kty":"OKP"}}],"n":-1.5e3,"t":true,"x":null})";
  Mutator mutate(3);
  int accepted = 0;
  for (int i = 0; i < rounds * 5; ++i) {
    const std::string spoiled = mutate(text);
    const auto read = parse_object(spoiled);
    if (!read) continue;
    ++accepted;
    ASSERT_LE(depth_of(*read), 8u) << spoiled;
    // A second parser, without our limits, sees the same.
    const Json plain = Json::parse(spoiled, nullptr, false);
    ASSERT_EQ(read->size(), plain.size()) << spoiled;
    const auto again = parse_object(read->dump());
    ASSERT_TRUE(again) << spoiled;
    ASSERT_EQ(*again, *read) << spoiled;
  }
  EXPECT_GT(accepted, 100);
}

// Everything in `request` that a signature makes a promise about.
auto promised(const HttpRequest& request) {
  std::string identity;
  for (const auto& [name, value] : request.headers) {
    if (name == "pd-identity") identity = value;
  }
  identity.erase(0, identity.find_first_not_of(" \t"));
  identity.erase(identity.find_last_not_of(" \t") + 1);
  return std::tuple(request.method, request.target_uri, request.body, identity);
}

TEST(Mutation, OfASignedRequest) {
  const auto key = sample::key("identity");
  const Time now = sample::at(0);
  HttpRequest request{"PUT",
                      "https://example.org/v1/identities/olivier@example.org",
                      "a body",
                      {{"pd-identity", "olivier@example.org"}}};
  const SignatureParameters parameters{key.public_key().id(), now, "5WbC9bBWwo8ZtbMEqFQPbw", std::string(tag_user)};
  for (auto& header : sign_request(request, key, parameters))
    request.headers.push_back(std::move(header));
  Mutator mutate(4);
  int accepted = 0;
  for (int i = 0; i < rounds * 2; ++i) {
    HttpRequest spoiled = request;
    std::string* const parts[] = {&spoiled.method,
                                  &spoiled.target_uri,
                                  &spoiled.body,
                                  &spoiled.headers[0].second,
                                  &spoiled.headers[1].second,
                                  &spoiled.headers[2].second,
                                  &spoiled.headers[3].second};
    std::string& part = *parts[mutate.below(std::size(parts))];
    part = mutate(part);
    const auto signature = RequestSignature::parse(spoiled);
    if (!signature || !signature->verify(key.public_key(), tag_user, now)) continue;
    ++accepted;
    ASSERT_EQ(promised(spoiled), promised(request)) << part;
    ASSERT_EQ(signature->parameters().nonce, parameters.nonce) << part;
  }
  EXPECT_GT(accepted, 10) << "white space that does not matter";
}

// The payload spoiled and then signed: only the format itself stands in the way.
TEST(Mutation, OfAnOperationBeforeItIsSigned) {
  const auto create = sample::create();
  const auto key = sample::key("identity");
  const std::string header = create.text().substr(0, create.text().find('.'));
  const std::string payload = create.jws().payload().dump();
  Mutator mutate(5);
  int accepted = 0;
  for (int i = 0; i < rounds; ++i) {
    const std::string signed_part = header + "." + base64url(bytes_of(mutate(payload)));
    const auto operation = Operation::parse(signed_part + "." + base64url(key.sign(bytes_of(signed_part))));
    if (!operation) continue;
    ++accepted;
    // Whatever was accepted can be said again, and means the same.
    const auto again = Operation::sign(operation->body(), key);
    ASSERT_TRUE(again) << operation->jws().payload();
    ASSERT_EQ(again->body().state, operation->body().state) << operation->jws().payload();
    static_cast<void>(History::start(*operation));
  }
  EXPECT_GT(accepted, 10);
}

TEST(Mutation, OfRecoveryWords) {
  const auto words = recovery_words(sample::key("recovery 0"));
  Mutator mutate(6);
  for (int i = 0; i < rounds; ++i) {
    const auto key = key_from_recovery_words(mutate(words));
    if (!key) continue;
    const auto again = key_from_recovery_words(recovery_words(*key));
    ASSERT_TRUE(again);
    ASSERT_EQ(again->public_key(), key->public_key());
  }
}

TEST(Mutation, OfAKeyFile) {
  const std::string pem = sample::key("identity").pem();
  Mutator mutate(7);
  for (int i = 0; i < rounds; ++i) {
    const auto key = PrivateKey::from_pem(mutate(pem));
    if (key) {
      ASSERT_TRUE(key->public_key().verifies(bytes_of("x"), key->sign(bytes_of("x"))));
    }
  }
}

TEST(Mutation, OfACertificate) {
  const std::string pem =
      device_certificate(sample::key("laptop"), sample::address("olivier@example.org"), sample::at(0));
  // The base64 in a PEM file, in the other alphabet, is what a peer sends.
  std::string text;
  for (char c : pem.substr(27, pem.find("\n-----END") - 27)) {
    if (c != '\n' && c != '=') text += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  const Bytes der = *from_base64url(text);
  const std::string original(der.begin(), der.end());
  ASSERT_TRUE(read_peer_certificate(bytes_of(original)));
  Mutator mutate(8);
  for (int i = 0; i < rounds; ++i)
    static_cast<void>(read_peer_certificate(bytes_of(mutate(original))));
}

TEST(Mutation, OfAnAnswer) {
  Resolution resolution;
  resolution.operations = {sample::create().text()};
  resolution.statement = sample::create().text();
  resolution.domain = Json::parse(R"({"keys":["a.b.c"],"descriptor":"a.b.c"})");
  const std::string text = resolution.json();
  Mutator mutate(9);
  for (int i = 0; i < rounds; ++i) {
    const std::string spoiled = mutate(text);
    const auto read = Resolution::parse(spoiled);
    if (!read) continue;
    const auto again = Resolution::parse(read->json());
    ASSERT_TRUE(again) << spoiled;
    ASSERT_EQ(again->operations, read->operations) << spoiled;
  }
}

}  // namespace
}  // namespace pd::identity
