#include "identity/http_signature.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "request_components.h"
#include "structured_field.h"

namespace pd::identity {
namespace {

const Time now{Seconds{1'800'000'000}};

const PrivateKey& key() {
  static const PrivateKey fixed = std::move(*PrivateKey::from_seed(Bytes(32, 9)));
  return fixed;
}

SignatureParameters parameters() {
  return {key().public_key().id(), now, "5WbC9bBWwo8ZtbMEqFQPbw", std::string(tag_user)};
}

HttpRequest put_request() {
  return {"PUT",
          "https://example.org/v1/identities/olivier@example.org",
          "eyJ.eyJ.AAA",
          {{"pd-identity", "olivier@example.org"}}};
}

HttpRequest get_request() {
  return {"GET", "https://example.org/v1/identities/olivier@example.org", "", {}};
}

HttpRequest signed_request(HttpRequest request, const SignatureParameters& with = parameters()) {
  for (auto& header : sign_request(request, key(), with))
    request.headers.push_back(std::move(header));
  return request;
}

std::string& header(HttpRequest& request, std::string_view name) {
  for (auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  throw std::out_of_range(std::string(name));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::out_of_range(std::string(from));
  return text.replace(at, from.size(), to);
}

std::string rule_of(const HttpRequest& request) {
  const auto signature = RequestSignature::parse(request);
  if (!signature) return signature.error().rule;
  const auto verified = signature->verify(key().public_key(), tag_user, now);
  return verified ? "accepted" : verified.error().rule;
}

TEST(HttpSignature, SignatureBaseOfRfc9421) {
  // RFC 9421, appendix B.2.6: the base must come out so, for the published signature to verify.
  const Component components[] = {{"date", "Tue, 20 Apr 2021 02:07:55 GMT"},
                                  {"@method", "POST"},
                                  {"@path", "/foo"},
                                  {"@authority", "example.com"},
                                  {"content-type", "application/json"},
                                  {"content-length", "18"}};
  const auto input = parse_inner_list_member(
      R"(sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519")",
      "sig-b26");
  ASSERT_TRUE(input) << input.error().message;
  const auto signature = parse_bytes_member(
      "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:", "sig-b26");
  ASSERT_TRUE(signature) << signature.error().message;
  const auto test_key = PrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
      "-----END PRIVATE KEY-----\n");
  ASSERT_TRUE(test_key);
  const std::string base = signature_base(components, serialize(*input));
  EXPECT_TRUE(test_key->public_key().verifies(bytes_of(base), *signature)) << base;
}

TEST(HttpSignature, ContentDigestOfRfc9530) {
  // RFC 9530, appendix B.1 (the body ends in a line feed).
  EXPECT_EQ(content_digest("{\"hello\": \"world\"}\n"), "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
}

TEST(HttpSignature, FieldsAreWrittenSo) {
  const auto added = sign_request(put_request(), key(), parameters());
  ASSERT_EQ(added.size(), 3u);
  EXPECT_EQ(added[0].first, "content-digest");
  EXPECT_EQ(added[0].second, content_digest("eyJ.eyJ.AAA"));
  EXPECT_EQ(added[1].first, "signature-input");
  EXPECT_EQ(added[1].second,
            "pd=(\"@method\" \"@target-uri\" \"pd-identity\" \"content-digest\");created=1800000000;keyid=\"" +
                key().public_key().id() + "\";alg=\"ed25519\";nonce=\"5WbC9bBWwo8ZtbMEqFQPbw\";tag=\"pd-user\"");
  EXPECT_EQ(added[2].first, "signature");
  const std::string base =
      "\"@method\": PUT\n\"@target-uri\": https://example.org/v1/identities/olivier@example.org\n"
      "\"pd-identity\": olivier@example.org\n\"content-digest\": " +
      added[0].second + "\n\"@signature-params\": " + added[1].second.substr(3);
  EXPECT_EQ(added[2].second, serialize_bytes_member("pd", key().sign(bytes_of(base))));
  EXPECT_EQ(sign_request(get_request(), key(), parameters()).size(), 2u) << "no digest of no body";
}

TEST(HttpSignature, WhatIsSignedVerifies) {
  for (const HttpRequest& request : {put_request(), get_request()}) {
    const auto read = RequestSignature::parse(signed_request(request));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->parameters().key_id, key().public_key().id());
    EXPECT_EQ(read->parameters().created, now);
    EXPECT_EQ(read->parameters().nonce, parameters().nonce);
    EXPECT_EQ(read->parameters().tag, tag_user);
    EXPECT_TRUE(read->verify(key().public_key(), tag_user, now));
  }
}

TEST(HttpSignature, AnyOtherRequestIsRefused) {
  const HttpRequest good = signed_request(put_request());
  EXPECT_EQ(rule_of(good), "accepted");
  HttpRequest request = good;
  request.method = "GET";
  EXPECT_EQ(rule_of(request), "SIG-10");
  request = good;
  request.target_uri = "https://example.org/v1/identities/gordon@example.org";
  EXPECT_EQ(rule_of(request), "SIG-10");
  request = good;
  request.target_uri = "https://blackmesa.us/v1/identities/olivier@example.org";
  EXPECT_EQ(rule_of(request), "SIG-10");
  request = good;
  request.body += "A";
  EXPECT_EQ(rule_of(request), "SIG-4");
  request = good;
  header(request, "content-digest") = content_digest(request.body += "A");
  EXPECT_EQ(rule_of(request), "SIG-10");
  request = good;
  header(request, "pd-identity") = "gordon@blackmesa.us";
  EXPECT_EQ(rule_of(request), "SIG-10");
  request = good;
  header(request, "signature-input") = replaced(header(request, "signature-input"), "nonce=\"5", "nonce=\"6");
  EXPECT_EQ(rule_of(request), "SIG-10");
}

TEST(HttpSignature, WhatMustBeCovered) {
  // A field added after signing, or a body: not covered, so not to be believed.
  HttpRequest request = signed_request(get_request());
  request.headers.emplace_back("pd-identity", "olivier@example.org");
  EXPECT_EQ(rule_of(request), "SIG-1");
  request = signed_request(get_request());
  request.body = "x";
  request.headers.emplace_back("content-digest", content_digest("x"));
  EXPECT_EQ(rule_of(request), "SIG-1");
  for (const char* without : {"\"@method\" ", "\"@target-uri\" ", "\"pd-identity\" ", " \"content-digest\""}) {
    request = signed_request(put_request());
    header(request, "signature-input") = replaced(header(request, "signature-input"), without, "");
    EXPECT_EQ(rule_of(request), "SIG-1") << without;
  }
}

TEST(HttpSignature, NothingElseMayBeCovered) {
  for (const char* more :
       {"\"@method\" ", "\"@authority\" ", "\"@query\" ", "\"host\" ", "\"@signature-params\" ", "\"\" "}) {
    HttpRequest request = signed_request(get_request());
    request.headers.emplace_back("host", "example.org");
    header(request, "signature-input") = replaced(header(request, "signature-input"), "(", "(" + std::string(more));
    EXPECT_EQ(rule_of(request), "SIG-1") << more;
  }
  HttpRequest request = signed_request(put_request());
  std::erase_if(request.headers, [](const auto& field) { return field.first == "pd-identity"; });
  EXPECT_EQ(rule_of(request), "SIG-5") << "a covered field that is not there";
}

TEST(HttpSignature, CoveredDigestOfAnEmptyBodyIsChecked) {
  HttpRequest request = signed_request(put_request());
  request.body.clear();
  EXPECT_EQ(rule_of(request), "SIG-4");
}

TEST(HttpSignature, ParametersMustAllBeThereAndKnown) {
  const auto rule_with = [](std::string_view from, std::string_view to) {
    HttpRequest request = signed_request(get_request());
    header(request, "signature-input") = replaced(header(request, "signature-input"), from, to);
    return rule_of(request);
  };
  const std::string keyid = "keyid=\"" + key().public_key().id() + "\"";
  EXPECT_EQ(rule_with(";created=1800000000", ""), "SIG-3");
  EXPECT_EQ(rule_with(";" + keyid, ""), "SIG-3");
  EXPECT_EQ(rule_with(";nonce=\"5WbC9bBWwo8ZtbMEqFQPbw\"", ""), "SIG-3");
  EXPECT_EQ(rule_with(";tag=\"pd-user\"", ""), "SIG-3");
  EXPECT_EQ(rule_with("created=1800000000", "created=\"1800000000\""), "SIG-3");
  EXPECT_EQ(rule_with("created=1800000000", "created=-1"), "SIG-3");
  EXPECT_EQ(rule_with("nonce=\"5WbC9bBWwo8ZtbMEqFQPbw\"", "nonce=\"\""), "SIG-3");
  EXPECT_EQ(rule_with("nonce=\"5", "nonce=\"" + std::string(200, '5')), "SIG-3");
  EXPECT_EQ(rule_with(keyid, "keyid=\"me\""), "SIG-3");
  EXPECT_EQ(rule_with("alg=\"ed25519\"", "alg=\"rsa-v1_5-sha256\""), "SIG-3");
  EXPECT_EQ(rule_with("alg=\"ed25519\"", "alg=1"), "SIG-3");
  EXPECT_EQ(rule_with("alg=\"ed25519\"", "expires=1800000001"), "SIG-3");
  EXPECT_EQ(rule_with("created=", "created=1;created="), "SIG-5") << "twice";
  EXPECT_EQ(rule_with("alg=\"ed25519\"", "alg=ed25519"), "SIG-5") << "a token";
  EXPECT_EQ(rule_with("alg=\"ed25519\"", "alg"), "SIG-5") << "a boolean";
}

TEST(HttpSignature, AlgorithmMayBeLeftOut) {
  HttpRequest request = get_request();
  const std::string input = "(\"@target-uri\"  \"@method\" );tag=\"pd-user\";nonce=\"n\"; created=1800000000;keyid=\"" +
                            key().public_key().id() + "\"";
  const std::string canonical = replaced(replaced(replaced(input, "  ", " "), " )", ")"), "; ", ";");
  const std::string base =
      "\"@target-uri\": " + request.target_uri + "\n\"@method\": GET\n\"@signature-params\": " + canonical;
  request.headers = {{"signature-input", " pd=" + input + " "},
                     {"signature", serialize_bytes_member("pd", key().sign(bytes_of(base)))}};
  EXPECT_EQ(rule_of(request), "accepted") << "other order and white space, same meaning";
}

TEST(HttpSignature, OneOfEachField) {
  for (const char* name : {"signature-input", "signature", "content-digest", "pd-identity"}) {
    HttpRequest request = signed_request(put_request());
    request.headers.emplace_back(name, header(request, name));
    EXPECT_EQ(rule_of(request), "SIG-5") << name;
    request = signed_request(put_request());
    header(request, name) += "\n\"@method\": GET";
    EXPECT_EQ(rule_of(request), "SIG-5") << name;
    request = signed_request(put_request());
    header(request, name) = std::string(5'000, 'a');
    EXPECT_EQ(rule_of(request), "SIG-5") << name;
  }
  for (const char* name : {"signature-input", "signature", "content-digest"}) {
    HttpRequest request = signed_request(put_request());
    std::erase_if(request.headers, [&](const auto& field) { return field.first == name; });
    EXPECT_EQ(rule_of(request), "SIG-5") << name;
    request = signed_request(put_request());
    header(request, name) += ", other=:AA==:";
    EXPECT_EQ(rule_of(request), std::string_view(name) == "content-digest" ? "SIG-4" : "SIG-5") << name;
  }
}

TEST(HttpSignature, SignatureIsOf64Bytes) {
  HttpRequest request = signed_request(get_request());
  header(request, "signature") = "pd=:AAAA:";
  EXPECT_EQ(rule_of(request), "SIG-6");
  header(request, "signature") = "pd=::";
  EXPECT_EQ(rule_of(request), "SIG-6");
  header(request, "signature") = "sig=:AAAA:";
  EXPECT_EQ(rule_of(request), "SIG-5");
}

TEST(HttpSignature, PurposeKeyAndTime) {
  const auto signature = RequestSignature::parse(signed_request(get_request()));
  ASSERT_TRUE(signature);
  const PublicKey& public_key = key().public_key();
  EXPECT_EQ(signature->verify(public_key, tag_federation, now).error().reason, Reason::wrong_subject);
  EXPECT_EQ(signature->verify(PrivateKey::generate().public_key(), tag_user, now).error().reason, Reason::wrong_key);
  EXPECT_TRUE(signature->verify(public_key, tag_user, now + clock_skew));
  EXPECT_TRUE(signature->verify(public_key, tag_user, now - clock_skew));
  EXPECT_EQ(signature->verify(public_key, tag_user, now + clock_skew + Seconds(1)).error().reason, Reason::expired);
  EXPECT_EQ(signature->verify(public_key, tag_user, now - clock_skew - Seconds(1)).error().reason,
            Reason::not_yet_valid);
}

TEST(HttpSignature, SigningRefusesWhatCannotBeWritten) {
  SignatureParameters injected = parameters();
  injected.nonce = "a\nb";
  EXPECT_THROW(sign_request(get_request(), key(), injected), std::invalid_argument);
  HttpRequest request = get_request();
  request.headers = {{"pd-identity", "a\r\nb"}};
  EXPECT_THROW(sign_request(request, key(), parameters()), std::invalid_argument);
}

TEST(HttpSignature, ChallengesAreOfBase64url) {
  EXPECT_TRUE(is_challenge("5WbC9bBWwo8ZtbMEqFQPbw"));
  EXPECT_TRUE(is_challenge(std::string(10, '-') + "_09azAZ"));
  EXPECT_TRUE(is_challenge(std::string(128, 'a')));
  const std::vector<std::string> bad = {"",
                                        std::string(15, 'a'),
                                        std::string(129, 'a'),
                                        std::string(20, ' '),
                                        "5WbC9bBWwo8ZtbMEqFQPbw==",
                                        "5WbC9bBWwo8ZtbME\nFQPbw",
                                        "5WbC9bBWwo8ZtbME\"FQPbw",
                                        "éééééééééééé"};
  for (const std::string& text : bad)
    EXPECT_FALSE(is_challenge(text)) << text;
}

TEST(HttpSignature, QuotesInParametersSurvive) {
  SignatureParameters quoted = parameters();
  quoted.nonce = R"(a"b\c)";
  const auto read = RequestSignature::parse(signed_request(get_request(), quoted));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->parameters().nonce, quoted.nonce);
  EXPECT_TRUE(read->verify(key().public_key(), tag_user, now));
}

}  // namespace
}  // namespace pd::identity
