#include "../service/forwarding_store.h"
#include "world.h"

namespace pd::api::testing {
namespace {

class DomainRoutes : public ApiTest {
 protected:
  DomainRoutes() { send(by(put(olivier.create()), olivier.key)); }
};

TEST_F(DomainRoutes, the_descriptor_verifies) {
  const auto answer = get("/.well-known/pd");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(header(answer, "Content-Type"), "application/json");
  EXPECT_TRUE(identity::Descriptor::parse(home_->domain(), *answer.body));
  EXPECT_EQ(get("/.well-known/pd", {{"if-none-match", header(answer, "ETag")}}).status, 304u);
}

TEST_F(DomainRoutes, webfinger_links_to_the_identity) {
  const auto answer = get("/.well-known/webfinger?resource=acct%3Aolivier%40example.org");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(header(answer, "Content-Type"), "application/jrd+json");
  EXPECT_EQ(header(answer, "Access-Control-Allow-Origin"), "*");
  const auto body = json(answer);
  EXPECT_EQ(body["subject"], "acct:olivier@example.org");
  EXPECT_EQ(body["links"][0]["rel"], "urn:pd:rel:identity");
  EXPECT_EQ(body["links"][0]["href"], "https://example.org/v1/identities/olivier@example.org");
}

TEST_F(DomainRoutes, webfinger_filters_by_relation) {
  const std::string base = "/.well-known/webfinger?resource=acct:olivier@example.org";
  EXPECT_EQ(json(get(base + "&rel=urn%3Apd%3Arel%3Aidentity"))["links"].size(), 1u);
  EXPECT_EQ(json(get(base + "&rel=self&rel=urn:pd:rel:identity"))["links"].size(), 1u);
  const auto other = get(base + "&rel=self");
  EXPECT_EQ(other.status, 200u);
  EXPECT_EQ(json(other)["links"].size(), 0u);
}

TEST_F(DomainRoutes, webfinger_refuses_what_is_no_question) {
  for (const auto* query : {"", "?", "?resource", "?resource=", "?rel=self", "?resource=olivier", "?resource=:olivier",
                            "?resource=acct:olivier@example.org&resource=acct:olivier@example.org",
                            "?resource=acct:olivier%4", "?resource=acct:olivier%zz@example.org"}) {
    const auto answer = get(std::string("/.well-known/webfinger") + query);
    EXPECT_EQ(answer.status, 400u) << query;
    EXPECT_EQ(problem(answer), "malformed") << query;
    EXPECT_EQ(header(answer, "Access-Control-Allow-Origin"), "*") << query;
  }
}

TEST_F(DomainRoutes, webfinger_knows_nothing_of_others) {
  for (const auto* resource : {"acct:nobody@example.org", "acct:olivier@blackmesa.us", "https://example.org/olivier",
                               "mailto:olivier@example.org", "acct:a+b@example.org"}) {
    const auto answer = get(std::string("/.well-known/webfinger?resource=") + resource);
    EXPECT_EQ(answer.status, 404u) << resource;
    EXPECT_EQ(problem(answer), "nobody") << resource;
  }
  EXPECT_EQ(remote_.asked, 0);
}

TEST_F(DomainRoutes, anybody_sees_life_and_readiness_but_no_figures) {
  EXPECT_EQ(get("/healthz", {{"host", "10.0.0.1"}}).status, 200u);
  EXPECT_EQ(get("/readyz", {{"host", "10.0.0.1"}}).status, 200u);
  const auto figures = get("/metrics");
  EXPECT_EQ(figures.status, 404u) << "DOM-4";
  EXPECT_EQ(problem(figures), "not-found");
}

TEST_F(DomainRoutes, an_operator_sees_figures_on_a_listener_of_their_own) {
  router_ = api_->operations_router();
  EXPECT_EQ(get("/healthz").status, 200u);
  EXPECT_EQ(get("/readyz").status, 200u);
  EXPECT_EQ(get("/.well-known/pd").status, 404u);
  const auto figures = get("/metrics");
  EXPECT_EQ(figures.status, 200u);
  EXPECT_EQ(header(figures, "Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_NE(figures.body->find("pd_own_answers_made_total"), std::string::npos);
}

class NoProbe : public service::testing::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  awaitable<void> probe(Time) override { throw store::Failure("as the test wants it"); }
};

TEST_F(DomainRoutes, a_server_whose_database_fails_is_live_but_not_ready) {
  NoProbe broken(*store_);
  service::Health health(broken, [this] { return now_; });
  Api api({*home_, *directory_, *registration_, *endpoints_, *signals_, *authentication_, *challenges_, health,
           metrics_, log_, [this] { return steady_; }},
          {.rate_address = {1000, 1000}});
  router_ = api.operations_router();
  EXPECT_EQ(get("/healthz").status, 200u);
  const auto answer = get("/readyz");
  EXPECT_EQ(answer.status, 503u);
  EXPECT_EQ(problem(answer), "unavailable");
}

TEST_F(DomainRoutes, another_host_is_misdirected) {
  for (const auto* host : {"blackmesa.us", "example.org.evil.example", "example.org:444", "xample.org"}) {
    const auto answer = get("/.well-known/pd", {{"host", host}});
    EXPECT_EQ(answer.status, 421u) << host;
    EXPECT_EQ(problem(answer), "wrong-host") << host;
  }
  for (const auto* host : {"example.org", "EXAMPLE.org", "example.org:443"}) {
    EXPECT_EQ(get("/.well-known/pd", {{"host", host}}).status, 200u) << host;
  }
}

TEST_F(DomainRoutes, unknown_paths_and_wrong_methods_are_problems) {
  EXPECT_EQ(problem(get("/nowhere")), "not-found");
  const auto answer = send(request("DELETE", "/v1/identities/olivier@example.org"));
  EXPECT_EQ(answer.status, 405u);
  EXPECT_EQ(problem(answer), "method-not-allowed");
  EXPECT_NE(header(answer, "Allow").find("PUT"), std::string::npos);
}

TEST_F(DomainRoutes, HEAD_is_answered_where_GET_is) {
  EXPECT_EQ(send(request("HEAD", "/v1/identities/olivier@example.org")).status, 200u);
}

TEST_F(DomainRoutes, too_many_requests_of_one_network_must_wait) {
  serve({.rate_address = {0.5, 3}});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(get("/healthz").status, 200u);
  const auto answer = get("/healthz");
  EXPECT_EQ(answer.status, 429u);
  EXPECT_EQ(problem(answer), "rate-limited");
  EXPECT_EQ(header(answer, "Retry-After"), "2");
  EXPECT_EQ(json(answer)["retry_after"], 2);
  EXPECT_EQ(get("/nowhere").status, 429u) << "unknown paths are counted too";
  auto elsewhere = request("GET", "/healthz");
  elsewhere.peer = boost::asio::ip::make_address("192.0.2.2");
  EXPECT_EQ(send(elsewhere).status, 200u);
  steady_ += std::chrono::seconds(2);
  EXPECT_EQ(get("/healthz").status, 200u);
}

TEST_F(DomainRoutes, behind_a_proxy_only_its_own_word_counts) {
  serve({.rate_address = {0.5, 1}, .behind_proxy = true});
  EXPECT_EQ(get("/healthz", {{"x-forwarded-for", "203.0.113.1"}}).status, 200u);
  EXPECT_EQ(get("/healthz", {{"x-forwarded-for", "203.0.113.2"}}).status, 200u);
  EXPECT_EQ(get("/healthz", {{"x-forwarded-for", "203.0.113.9, 203.0.113.1"}}).status, 429u)
      << "the first entries are the client's";
  EXPECT_EQ(get("/healthz", {{"x-forwarded-for", "203.0.113.7"}, {"x-forwarded-for", "203.0.113.2"}}).status, 429u)
      << "so are the first lines: a proxy may add one of its own";
}

TEST_F(DomainRoutes, without_a_proxy_nobodys_word_counts) {
  serve({.rate_address = {0.5, 1}});
  EXPECT_EQ(get("/healthz", {{"x-forwarded-for", "203.0.113.1"}}).status, 200u);
  EXPECT_EQ(get("/healthz", {{"x-forwarded-for", "203.0.113.2"}}).status, 429u);
}

}  // namespace
}  // namespace pd::api::testing
