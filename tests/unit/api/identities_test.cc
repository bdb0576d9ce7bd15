#include "world.h"

namespace pd::api::testing {
namespace {

class Identities : public ApiTest {
 protected:
  void register_olivier() { ASSERT_EQ(send(by(put(olivier.create()), olivier.key)).status, 201u); }
};

TEST_F(Identities, a_challenge_is_given_to_anybody) {
  for (const auto& asked : {request("POST", "/v1/challenges"),
                            request("POST", "/v1/challenges", {{"content-type", "application/json"}}, "{}")}) {
    const auto answer = send(asked);
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(header(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(json(answer)["expires"], now_.time_since_epoch().count() + 120);
    challenges_->spend(json(answer)["challenge"].get<std::string>(), now_);
  }
}

TEST_F(Identities, a_challenge_is_not_given_for_what_is_no_object) {
  EXPECT_EQ(problem(send(request("POST", "/v1/challenges", {{"content-type", "application/json"}}, "[]"))),
            "malformed");
  EXPECT_EQ(
      problem(send(request("POST", "/v1/challenges", {{"content-type", "application/json"}}, "{\"a\":\"\xff\"}"))),
      "malformed");
  const auto deep = "{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}";
  EXPECT_EQ(send(request("POST", "/v1/challenges", {{"content-type", "application/json"}}, deep)).status, 400u);
  EXPECT_EQ(problem(send(request("POST", "/v1/challenges", {{"content-type", "text/plain"}}, "{}"))),
            "wrong-content-type");
}

TEST_F(Identities, registering_then_changing_then_repeating) {
  const auto created = send(by(put(olivier.create()), olivier.key));
  EXPECT_EQ(created.status, 201u);
  EXPECT_EQ(header(created, "Content-Type"), "application/json");
  EXPECT_EQ(json(created)["operations"].size(), 1u);
  EXPECT_EQ(send(by(put(*olivier.head), olivier.key)).status, 200u);
  const auto updated = send(by(put(olivier.update()), olivier.key));
  EXPECT_EQ(updated.status, 200u);
  EXPECT_EQ(json(updated)["operations"].size(), 2u);
}

TEST_F(Identities, an_answer_says_how_long_it_is_good) {
  register_olivier();
  const auto answer = get("/v1/identities/olivier@example.org");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(header(answer, "Content-Type"), "application/json");
  EXPECT_EQ(header(answer, "Cache-Control"), "max-age=300");
  EXPECT_EQ(header(answer, "ETag").size(), 22u);
}

TEST_F(Identities, who_has_the_newest_answer_gets_no_body) {
  register_olivier();
  const auto first = get("/v1/identities/olivier@example.org");
  const auto etag = header(first, "ETag");
  for (const auto& list : {etag, "W/" + etag, "\"other\" , " + etag, std::string("*")}) {
    const auto second = get("/v1/identities/olivier@example.org", {{"if-none-match", list}});
    EXPECT_EQ(second.status, 304u) << list;
    EXPECT_EQ(second.body, nullptr);
    EXPECT_EQ(header(second, "ETag"), etag);
  }
  EXPECT_EQ(get("/v1/identities/olivier@example.org", {{"if-none-match", "\"other\""}}).status, 200u);
  ASSERT_EQ(send(by(put(olivier.update()), olivier.key)).status, 200u);
  EXPECT_EQ(get("/v1/identities/olivier@example.org", {{"if-none-match", etag}}).status, 200u);
}

TEST_F(Identities, an_address_may_be_encoded_and_is_folded) {
  register_olivier();
  EXPECT_EQ(get("/v1/identities/OLIVIER%40Example.ORG").status, 200u);
}

TEST_F(Identities, nobody_is_a_signed_absence) {
  const auto answer = get("/v1/identities/nobody@example.org", {{"if-none-match", "*"}});
  EXPECT_EQ(answer.status, 404u);
  EXPECT_EQ(header(answer, "Content-Type"), "application/json");
  EXPECT_TRUE(json(answer)["operations"].empty());
  EXPECT_TRUE(json(answer).contains("statement"));
}

TEST_F(Identities, what_is_no_address_is_malformed) {
  for (const auto* target : {"/v1/identities/olivier", "/v1/identities/olivier@", "/v1/identities/a@127.0.0.1",
                             "/v1/identities/%00@example.org", "/v1/identities/olivier@example.org:443"}) {
    const auto answer = get(target);
    EXPECT_TRUE(answer.status == 400 || answer.status == 404) << target << answer.status;
    EXPECT_FALSE(problem(answer).empty()) << target;
  }
}

TEST_F(Identities, a_name_of_another_domain_cannot_be_registered_here) {
  Somebody gordon("gordon@blackmesa.us", now_);
  const auto answer = send(by(put(gordon.create()), gordon.key));
  EXPECT_EQ(answer.status, 421u);
  EXPECT_EQ(problem(answer), "not-our-domain");
}

TEST_F(Identities, an_operation_of_another_type_is_refused) {
  auto given = put(olivier.create());
  given.headers[0].second = "application/json";
  EXPECT_EQ(problem(send(by(given, olivier.key))), "wrong-content-type");
  given.headers[0].second = "Application/JOSE; charset=utf-8";
  EXPECT_EQ(send(by(given, olivier.key)).status, 201u);
}

TEST_F(Identities, the_rule_that_was_broken_is_named) {
  register_olivier();
  olivier.update();
  const auto answer = send(by(put(olivier.update()), olivier.key));
  EXPECT_EQ(answer.status, 409u);
  EXPECT_EQ(problem(answer), "out-of-order");
  EXPECT_EQ(json(answer)["rule"], "HIST-3");
}

TEST_F(Identities, an_unsigned_change_is_told_how_to_prove_itself) {
  const auto answer = send(put(olivier.create()));
  EXPECT_EQ(answer.status, 401u);
  EXPECT_EQ(problem(answer), "signature-required");
  EXPECT_EQ(header(answer, "WWW-Authenticate"), "Signature");
}

TEST_F(Identities, a_signature_for_another_host_is_refused) {
  const auto answer = send(by(put(olivier.create()), olivier.key, "https://blackmesa.us"));
  EXPECT_EQ(answer.status, 401u);
  EXPECT_EQ(problem(answer), "bad-signature");
}

// API-23: signed in time, over a challenge whose two minutes are over.
TEST_F(Identities, a_challenge_that_has_expired_is_refused) {
  olivier.create();
  const auto before = by(put(*olivier.head), olivier.key);
  now_ += identity::Seconds(119);
  EXPECT_EQ(send(before).status, 201u);
  const auto late = by(put(*olivier.head), olivier.key);
  now_ += identity::Seconds(120);
  const auto answer = send(late);
  EXPECT_EQ(answer.status, 401u);
  EXPECT_EQ(problem(answer), "challenge-expired");
}

TEST_F(Identities, an_invitation_is_read_from_its_header) {
  mode_ = identity::RegistrationMode::invite;
  assemble();
  serve({.rate_address = {1000, 10'000}});
  const auto invite = run(store_->create_invite(1, now_, now_ + identity::Seconds(60), ""));
  auto given = put(olivier.create());
  EXPECT_EQ(problem(send(by(given, olivier.key))), "invite-required");
  given.headers.emplace_back("pd-invite", invite.code);
  EXPECT_EQ(send(by(given, olivier.key)).status, 201u);
}

TEST_F(Identities, endpoints_are_stored_and_handed_out) {
  register_olivier();
  const auto record = identity::EndpointRecord::sign({olivier.state.address,
                                                      now_,
                                                      now_ + identity::Seconds(60),
                                                      {identity::TcpEndpoint::parse("198.51.100.4:4433").value()}},
                                                     olivier.device)
                          .value()
                          .text();
  const auto target = "/v1/identities/olivier@example.org/endpoints/" + olivier.device.public_key().id();
  const std::vector<http::Header> headers = {{"content-type", "application/jose"},
                                             {"pd-identity", "olivier@example.org"}};
  const auto stored = send(by(request("PUT", target, headers, record), olivier.device));
  EXPECT_EQ(stored.status, 204u);
  EXPECT_EQ(stored.body, nullptr);

  const auto asked =
      request("GET", "/v1/identities/olivier@example.org/endpoints", {{"pd-identity", "olivier@example.org"}});
  EXPECT_EQ(problem(send(asked)), "signature-required");
  const auto answer = send(by(asked, olivier.device));
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(json(answer)["endpoints"], Json::array({record}));
  EXPECT_EQ(header(answer, "Cache-Control"), "no-store");
}

TEST_F(Identities, a_server_that_asks_must_prove_its_domain) {
  register_olivier();
  EXPECT_EQ(problem(get("/v1/identities/olivier@example.org", {{"pd-identity", "blackmesa.us"}})),
            "signature-required");
  remote_.denied.insert(service::testing::domain("blackmesa.us"));
  const auto answer =
      send(by(request("GET", "/v1/identities/olivier@example.org", {{"pd-identity", "blackmesa.us"}}), olivier.key));
  EXPECT_EQ(answer.status, 403u);
  EXPECT_EQ(problem(answer), "policy");
}

TEST_F(Identities, a_server_that_asks_is_answered_about_own_names_only) {
  register_olivier();
  const auto key = identity::PrivateKey::generate();
  const auto blackmesa = service::testing::domain("blackmesa.us");
  const auto keys = identity::DomainKeys::create(blackmesa, key, now_);
  remote_.descriptors.emplace(
      blackmesa, identity::Descriptor::sign({blackmesa, 1, now_, now_ + identity::Seconds(60), "https://blackmesa.us",
                                             identity::RegistrationMode::open},
                                            keys, key));
  const auto ask = [&](const std::string& target) {
    auto asked = request("GET", target, {{"pd-identity", "blackmesa.us"}});
    const identity::HttpRequest part{"GET", "https://example.org" + target, {}, asked.headers};
    for (auto& added : identity::sign_request(
             part, key, {key.public_key().id(), now_, "fresh", std::string(identity::tag_federation)})) {
      asked.headers.push_back(std::move(added));
    }
    return send(asked);
  };
  EXPECT_EQ(ask("/v1/identities/olivier@example.org").status, 200u);
  EXPECT_EQ(problem(ask("/v1/identities/alyx@blackmesa.us")), "not-our-domain");
  EXPECT_EQ(problem(ask("/v1/identities/barney@example.net")), "not-our-domain");
}

}  // namespace
}  // namespace pd::api::testing
