#include "api/problem.h"

#include <set>

#include "federation/remote.h"
#include "identity/json.h"
#include "service/refusal.h"
#include "store/store.h"
#include "world.h"

namespace pd::api::testing {
namespace {

using federation::RemoteError;
using federation::Trouble;
using identity::Error;
using identity::Reason;
using service::Refusal;
using service::Refused;

std::string seen(const std::exception_ptr& error) {
  const auto problem = problem_of(error);
  return std::to_string(problem.status) + " " + std::string(problem.name);
}

template <class E>
std::string seen(E error) {
  return seen(std::make_exception_ptr(std::move(error)));
}

TEST(Problem, refusals) {
  const std::pair<Refused, const char*> expected[] = {
      {Refused::malformed, "400 malformed"},
      {Refused::wrong_domain, "421 not-our-domain"},
      {Refused::nobody, "404 nobody"},
      {Refused::unsigned_request, "401 signature-required"},
      {Refused::bad_request_signature, "401 bad-signature"},
      {Refused::challenge_unknown, "401 challenge-unknown"},
      {Refused::challenge_expired, "401 challenge-expired"},
      {Refused::challenge_used, "401 challenge-used"},
      {Refused::registration_closed, "403 registration-closed"},
      {Refused::invite_required, "403 invite-required"},
      {Refused::invite_unknown, "403 invite-unknown"},
      {Refused::name_taken, "409 name-taken"},
      {Refused::name_reserved, "403 name-reserved"},
      {Refused::name_tombstoned, "409 name-tombstoned"},
      {Refused::device_removed, "410 device-removed"},
      {Refused::signal_replayed, "409 signal-replayed"},
      {Refused::conflict, "409 conflict"},
      {Refused::policy, "403 policy"},
      {Refused::rate_limited, "429 rate-limited"},
      {Refused::busy, "503 busy"},
  };
  for (const auto& [refused, problem] : expected)
    EXPECT_EQ(seen(Refusal(refused, "why")), problem);
}

TEST(Problem, broken_rules_of_records_and_of_request_signatures) {
  const std::tuple<Reason, const char*, const char*> expected[] = {
      {Reason::malformed, "400 malformed", "400 malformed"},
      {Reason::unsupported, "400 unsupported", "400 unsupported"},
      {Reason::too_large, "413 too-large", "401 too-large"},
      {Reason::bad_signature, "403 bad-signature", "401 bad-signature"},
      {Reason::wrong_key, "403 wrong-key", "401 wrong-key"},
      {Reason::wrong_subject, "400 wrong-subject", "401 wrong-subject"},
      {Reason::expired, "400 expired", "401 expired"},
      {Reason::not_yet_valid, "400 not-yet-valid", "401 not-yet-valid"},
      {Reason::out_of_order, "409 out-of-order", "401 out-of-order"},
      {Reason::not_allowed, "403 not-allowed", "401 not-allowed"},
      {Reason::crypto, "500 internal", "500 internal"},
  };
  for (const auto& [reason, record, signature] : expected) {
    const Error error{reason, "X-1", "why"};
    EXPECT_EQ(seen(Refusal(Refused::bad_record, error)), record);
    EXPECT_EQ(seen(Refusal(Refused::bad_request_signature, error)), signature);
  }
}

TEST(Problem, other_domains) {
  EXPECT_EQ(seen(RemoteError(Trouble::refused_by_policy, "x")), "403 policy");
  EXPECT_EQ(seen(RemoteError(Trouble::refused_by_remote, "x")), "403 refused-by-remote");
  EXPECT_EQ(seen(RemoteError(Trouble::unreachable, "x")), "504 remote-unreachable");
  EXPECT_EQ(seen(RemoteError(Trouble::busy, "x")), "503 busy") << "not the other domain's fault";
  EXPECT_EQ(seen(RemoteError(Trouble::forbidden_address, "x")), "502 remote-forbidden-address");
  EXPECT_EQ(seen(RemoteError(Trouble::lying, "x")), "502 remote-lying");
  EXPECT_EQ(seen(RemoteError(Trouble::key_changed, "x")), "502 remote-key-changed");
}

// PROB-3: whoever asked learns which rule the other domain broke, and nothing of how this server said it to itself.
TEST(Problem, names_the_rule_that_another_domain_broke) {
  const RemoteError lie(Trouble::lying, "the answer", Error{Reason::out_of_order, "HIST-3", "prev is not the head"});
  EXPECT_EQ(json(problem_of(std::make_exception_ptr(lie)).response())["rule"], "HIST-3");
  EXPECT_STREQ(lie.what(), "the answer: prev is not the head (HIST-3)");
  const RemoteError outage(Trouble::unreachable, "x");
  EXPECT_FALSE(json(problem_of(std::make_exception_ptr(outage)).response()).contains("rule"));
}

TEST(Problem, what_fails_inside_is_logged_and_not_shown) {
  const std::exception_ptr failures[] = {
      std::make_exception_ptr(store::Failure("SELECT secret FROM /var/lib/pd")),
      std::make_exception_ptr(store::Busy("SELECT secret FROM /var/lib/pd")),
      std::make_exception_ptr(RemoteError(Trouble::lying, "SELECT secret FROM /var/lib/pd")),
      std::make_exception_ptr(std::logic_error("SELECT secret FROM /var/lib/pd")),
  };
  std::set<std::string> names;
  for (const auto& failure : failures) {
    EXPECT_EQ(problem_of(failure).response().body->find("secret"), std::string::npos);
    EXPECT_NE(hidden_cause(failure).find("secret"), std::string::npos);
    names.insert(seen(failure));
  }
  EXPECT_EQ(names, (std::set<std::string>{"503 unavailable", "503 busy", "502 remote-lying", "500 internal"}));
  EXPECT_EQ(hidden_cause(std::make_exception_ptr(Refusal(Refused::nobody, "x"))), "");
}

TEST(Problem, is_what_RFC_9457_says) {
  const auto refusal = Refusal::for_now(Refused::busy, "wait", std::chrono::milliseconds(1500));
  const auto answer = problem_of(std::make_exception_ptr(refusal)).response();
  EXPECT_EQ(answer.status, 503u);
  EXPECT_EQ(header(answer, "Content-Type"), "application/problem+json");
  EXPECT_EQ(header(answer, "Retry-After"), "2");
  EXPECT_EQ(json(answer), (Json{{"type", "urn:pd:problem:busy"},
                                {"title", "The server is busy"},
                                {"status", 503},
                                {"detail", "wait"},
                                {"retry_after", 2}}));
}

TEST(Problem, what_is_not_UTF_8_does_not_break_the_answer) {
  const auto answer = problem_of(std::make_exception_ptr(Refusal(Refused::malformed, "\xff\xfe"))).response();
  EXPECT_EQ(answer.status, 400u);
  EXPECT_FALSE(json(answer)["detail"].get<std::string>().empty());
}

TEST(Problem, the_engine_has_one_for_each_status) {
  for (const unsigned status : {400u, 404u, 405u, 408u, 413u, 414u, 417u, 431u, 500u, 501u, 503u, 505u}) {
    EXPECT_EQ(problem_of_status(status).status, status);
  }
}

}  // namespace
}  // namespace pd::api::testing
