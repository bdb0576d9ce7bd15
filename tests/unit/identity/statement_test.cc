#include "identity/statement.h"

#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using sample::at;
using sample::key;

constexpr std::int64_t day = 24 * 3600;

StatementBody head_body() {
  return {sample::address("olivier@example.org"), Head{Hash{7}, 2, 4}, at(0), at(day)};
}

StatementBody absent_body() {
  return {sample::address("nobody@example.org"), std::nullopt, at(0), at(day)};
}

// A statement of a head with `change` merged into its payload, signed by the domain key again.
Result<Statement> with(const Json& change) {
  const Statement statement = Statement::sign(head_body(), key("domain"));
  return Statement::parse(sample::changed(statement.text(), change, "domain"));
}

Json no_head() {
  return {{"head", nullptr}, {"seq", nullptr}, {"count", nullptr}};
}

TEST(Statement, ReadsBackWhatWasSigned) {
  for (const auto& body : {head_body(), absent_body()}) {
    const Statement read = Statement::parse(Statement::sign(body, key("domain")).text()).value();
    EXPECT_EQ(read.body().address, body.address);
    EXPECT_EQ(read.body().head, body.head);
    EXPECT_EQ(read.body().issued, body.issued);
    EXPECT_EQ(read.body().expires, body.expires);
    EXPECT_THAT(read.verify(body.address, key("domain").public_key(), at(60)), Accepts());
  }
}

TEST(Statement, IsOfItsTypeAndSize) {
  EXPECT_THAT(Statement::parse(sample::create().text()), Rejects(Reason::unsupported, "JWS-5"));
  EXPECT_THAT(with({{"later", std::string(max_statement_bytes, 'x')}}), Rejects(Reason::too_large, "JWS-1"));
}

TEST(Statement, NamesDomainAndAddress) {
  EXPECT_THAT(with({{"iss", nullptr}}), Rejects(Reason::malformed, "STMT-2"));
  EXPECT_THAT(with({{"iss", "Example.org"}}), Rejects(Reason::malformed, "STMT-2"));
  EXPECT_THAT(with({{"sub", nullptr}}), Rejects(Reason::malformed, "STMT-2"));
  EXPECT_THAT(with({{"sub", "acct:olivier@example.org"}}), Rejects(Reason::malformed, "STMT-2"));
}

TEST(Statement, SpeaksOfTheDomainsOwnNames) {
  EXPECT_THAT(with({{"iss", "blackmesa.us"}}), Rejects(Reason::wrong_subject, "STMT-3"));
  EXPECT_THAT(with({{"sub", "gordon@blackmesa.us"}}), Rejects(Reason::wrong_subject, "STMT-3"));
}

TEST(Statement, HoldsForAtMostADay) {
  const auto issued = at(0).time_since_epoch().count();
  EXPECT_THAT(with({{"exp", issued + day}}), Accepts());
  EXPECT_THAT(with({{"exp", issued + day + 1}}), Rejects(Reason::malformed, "STMT-4"));
  EXPECT_THAT(with({{"exp", issued}}), Rejects(Reason::malformed, "STMT-4"));
  EXPECT_THAT(with({{"iat", nullptr}}), Rejects(Reason::malformed, "STMT-4"));
  EXPECT_THAT(with({{"exp", "tomorrow"}}), Rejects(Reason::malformed, "STMT-4"));
}

TEST(Statement, NamesAHeadOrNobody) {
  EXPECT_THAT(with(no_head()), Rejects(Reason::malformed, "STMT-5"));
  for (const char* member : {"head", "seq", "count"}) {
    EXPECT_THAT(with({{member, nullptr}}), Rejects(Reason::malformed, "STMT-5")) << member;
    Json rest = no_head();
    rest["absent"] = true;
    rest.erase(member);
    EXPECT_THAT(with(rest), Rejects(Reason::malformed, "STMT-5")) << member;
  }
  Json absent = no_head();
  absent["absent"] = true;
  EXPECT_THAT(with(absent), Accepts());
  absent["absent"] = false;
  EXPECT_THAT(with(absent), Rejects(Reason::malformed, "STMT-5"));
}

TEST(Statement, CountsWithinTheBoundsOfAHistory) {
  EXPECT_THAT(with({{"seq", 499}, {"count", 500}}), Accepts());
  EXPECT_THAT(with({{"seq", 499}, {"count", 501}}), Rejects(Reason::malformed, "STMT-5"));
  EXPECT_THAT(with({{"seq", 4}, {"count", 4}}), Rejects(Reason::malformed, "STMT-5"));
  EXPECT_THAT(with({{"seq", 0}, {"count", 0}}), Rejects(Reason::malformed, "STMT-5"));
}

TEST(Statement, AnswersForOneName) {
  const Statement statement = Statement::sign(head_body(), key("domain"));
  EXPECT_THAT(statement.verify(sample::address("gordon@example.org"), key("domain").public_key(), at(60)),
              Rejects(Reason::wrong_subject, "STMT-6"));
}

TEST(Statement, IsSignedByTheKeyInForce) {
  const Statement statement = Statement::sign(head_body(), key("domain"));
  EXPECT_THAT(statement.verify(head_body().address, key("next domain").public_key(), at(60)),
              Rejects(Reason::wrong_key, "STMT-7"));
  EXPECT_THAT(Statement::parse(sample::forged(statement.text()))
                  ->verify(head_body().address, key("domain").public_key(), at(60)),
              Rejects(Reason::bad_signature, "JWS-10"));
}

TEST(Statement, HoldsForItsTime) {
  const Statement statement = Statement::sign(head_body(), key("domain"));
  const auto verify = [&](std::int64_t seconds) {
    return statement.verify(head_body().address, key("domain").public_key(), at(seconds));
  };
  EXPECT_THAT(verify(-301), Rejects(Reason::not_yet_valid, "STMT-8"));
  EXPECT_THAT(verify(-300), Accepts());
  EXPECT_THAT(verify(day - 1), Accepts());
  EXPECT_THAT(verify(day), Rejects(Reason::expired, "STMT-8"));
}

TEST(Statement, IgnoresMembersThatItDoesNotKnow) {
  EXPECT_THAT(with({{"later", 1}}), Accepts());
}

TEST(Statement, IsNotSignedAgainstTheRules) {
  StatementBody body = head_body();
  body.expires += Seconds{1};
  EXPECT_THROW(Statement::sign(body, key("domain")), std::logic_error);
  body = head_body();
  body.head->count = 0;
  EXPECT_THROW(Statement::sign(body, key("domain")), std::logic_error);
}

}  // namespace
}  // namespace pd::identity
