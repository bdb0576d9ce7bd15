#include "identity/resolution.h"

#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using enum OperationKind;
using sample::at;
using sample::key;

constexpr std::int64_t day = 24 * 3600;
const Domain example = sample::domain("example.org");
const Address olivier = sample::address("olivier@example.org");

DomainKeys keys() {
  return DomainKeys::create(example, key("domain"), at(0));
}

Json domain_document() {
  const DescriptorBody body{example, 1, at(0), at(day), "https://example.org", RegistrationMode::open};
  return Descriptor::sign(body, keys(), key("domain")).json();
}

Statement statement_of(const History& history, const Address& about = olivier) {
  const Head head{history.head().hash(), history.head().body().seq, history.operations().size()};
  return Statement::sign({about, head, at(0), at(day)}, key("domain"));
}

Statement absence(const Address& about = olivier) {
  return Statement::sign({about, std::nullopt, at(0), at(day)}, key("domain"));
}

Resolution answer(const History& history, const Statement& statement) {
  Resolution resolution{{}, statement.text(), domain_document()};
  for (const Operation& operation : history.operations())
    resolution.operations.push_back(operation.text());
  return resolution;
}

class ResolutionTest : public testing::Test {
 protected:
  ResolutionTest() {
    grow(update, "identity");
    grow(recover, "recovery 0");
  }

  void grow(OperationKind kind, std::string_view signer) {
    const auto body = sample::following(history.head(), kind);
    ASSERT_THAT(history.append(sample::sign(body, signer, kind == recover)), Accepts());
  }

  static Result<Verified> verify(const Resolution& resolution, const Address& about = olivier) {
    return verify_resolution(resolution, about, keys(), at(3600));
  }

  VerifiedIdentity verified() const {
    return std::get<VerifiedIdentity>(verify(answer(history, statement_of(history))).value());
  }

  History history = History::start(sample::create()).value();
};

TEST_F(ResolutionTest, TravelsAsJson) {
  Resolution resolution = answer(history, statement_of(history));
  resolution.stale = true;
  const Resolution read = Resolution::parse(resolution.json()).value();
  EXPECT_EQ(read.operations, resolution.operations);
  EXPECT_EQ(read.statement, resolution.statement);
  EXPECT_EQ(read.domain, resolution.domain);
  EXPECT_TRUE(read.stale);
  resolution.stale = false;
  EXPECT_FALSE(Json::parse(resolution.json()).contains("stale"));
  EXPECT_FALSE(Resolution::parse(resolution.json())->stale);
}

TEST_F(ResolutionTest, IsAnObjectWithinBounds) {
  EXPECT_THAT(Resolution::parse(""), Rejects(Reason::malformed, "RES-1"));
  EXPECT_THAT(Resolution::parse("[]"), Rejects(Reason::malformed, "RES-1"));
  EXPECT_THAT(Resolution::parse(R"({"a":1,"a":2})"), Rejects(Reason::malformed, "RES-1"));
  EXPECT_THAT(Resolution::parse(std::string(max_resolution_bytes + 1, ' ')), Rejects(Reason::too_large, "RES-1"));
  EXPECT_THAT(Resolution::parse(R"({"a":)" + std::string(100, '[') + std::string(100, ']') + "}"),
              Rejects(Reason::too_large, "RES-1"));
}

TEST_F(ResolutionTest, HoldsABoundedHistory) {
  const auto with = [](const Json& operations) {
    return Resolution::parse(Json{{"operations", operations}, {"statement", "x"}, {"domain", Json::object()}}.dump());
  };
  EXPECT_THAT(with(std::vector<std::string>(500, std::string(7500, 'x'))), Accepts());
  EXPECT_THAT(with(std::vector<std::string>(501, "x")), Rejects(Reason::too_large, "RES-2"));
  EXPECT_THAT(with({std::string(7501, 'x')}), Rejects(Reason::too_large, "RES-2"));
  EXPECT_THAT(with({1}), Rejects(Reason::malformed, "RES-2"));
  EXPECT_THAT(with("x"), Rejects(Reason::malformed, "RES-2"));
  EXPECT_THAT(with(nullptr), Rejects(Reason::malformed, "RES-2"));
}

TEST_F(ResolutionTest, HoldsAStatementAndADomain) {
  const auto with = [](const Json& change) {
    Json object = {{"operations", Json::array()}, {"statement", "x"}, {"domain", Json::object()}};
    object.merge_patch(change);
    return Resolution::parse(object.dump());
  };
  EXPECT_THAT(with({{"later", 1}}), Accepts());
  EXPECT_THAT(with({{"statement", std::string(2001, 'x')}}), Rejects(Reason::too_large, "RES-3"));
  EXPECT_THAT(with({{"statement", nullptr}}), Rejects(Reason::malformed, "RES-3"));
  EXPECT_THAT(with({{"domain", nullptr}}), Rejects(Reason::malformed, "RES-3"));
  EXPECT_THAT(with({{"domain", "example.org"}}), Rejects(Reason::malformed, "RES-3"));
  EXPECT_THAT(with({{"stale", 1}}), Rejects(Reason::malformed, "RES-3"));
  EXPECT_THAT(with({{"stale", false}}), Accepts());
}

TEST_F(ResolutionTest, BecomesAVerifiedIdentity) {
  const VerifiedIdentity identity = verified();
  EXPECT_EQ(identity.address(), olivier);
  EXPECT_EQ(identity.state(), history.state());
  EXPECT_EQ(identity.history().operations().size(), 3u);
  EXPECT_EQ(identity.statement().body().head->count, 3u);
}

TEST_F(ResolutionTest, BecomesAVerifiedAbsence) {
  const auto result = verify({{}, absence().text(), domain_document()});
  ASSERT_THAT(result, Accepts());
  EXPECT_TRUE(std::holds_alternative<VerifiedAbsence>(*result));
}

TEST_F(ResolutionTest, IsVerifiedWithTheKeysOfItsDomain) {
  const Address gordon = sample::address("gordon@blackmesa.us");
  EXPECT_THAT(verify(answer(history, statement_of(history)), gordon), Rejects(Reason::wrong_subject, "RES-4"));
}

TEST_F(ResolutionTest, RestsOnASoundStatement) {
  const Resolution good = answer(history, statement_of(history));
  EXPECT_THAT(verify(good, sample::address("gordon@example.org")), Rejects(Reason::wrong_subject, "STMT-6"));
  EXPECT_THAT(verify_resolution(good, olivier, keys(), at(day)), Rejects(Reason::expired, "STMT-8"));
  DomainKeys rotated = keys();
  ASSERT_THAT(rotated.rotate(key("domain"), key("next domain").public_key(), at(1)), Accepts());
  EXPECT_THAT(verify_resolution(good, olivier, rotated, at(60)), Rejects(Reason::wrong_key, "STMT-7"));
  Resolution other = good;
  other.statement = "x";
  EXPECT_THAT(verify(other), Rejects(Reason::malformed, "JWS-1"));
}

TEST_F(ResolutionTest, IsEmptyOnlyWhenTheDomainSaysSo) {
  Resolution withheld = answer(history, statement_of(history));
  withheld.operations.clear();
  EXPECT_THAT(verify(withheld), Rejects(Reason::out_of_order, "RES-6"));
  EXPECT_THAT(verify(answer(history, absence())), Rejects(Reason::out_of_order, "RES-6"));
}

TEST_F(ResolutionTest, HoldsASoundHistory) {
  Resolution swapped = answer(history, statement_of(history));
  std::swap(swapped.operations[1], swapped.operations[2]);
  EXPECT_THAT(verify(swapped), Rejects(Reason::out_of_order, "HIST-3"));
}

TEST_F(ResolutionTest, HoldsTheHistoryOfTheNameThatWasAskedAbout) {
  const History other = History::start(sample::create(sample::state("gordon@example.org"))).value();
  EXPECT_THAT(verify(answer(other, statement_of(other, olivier))), Rejects(Reason::wrong_subject, "RES-8"));
}

TEST_F(ResolutionTest, EndsWhereTheDomainSays) {
  const Statement statement = statement_of(history);
  Resolution cut = answer(history, statement);
  cut.operations.pop_back();
  EXPECT_THAT(verify(cut), Rejects(Reason::out_of_order, "RES-9"));
  const auto stating = [&](const Head& head) {
    return verify(answer(history, Statement::sign({olivier, head, at(0), at(day)}, key("domain"))));
  };
  EXPECT_THAT(stating({history.head().hash(), 2, 3}), Accepts());
  EXPECT_THAT(stating({history.head().hash(), 1, 3}), Rejects(Reason::out_of_order, "RES-9"));
  EXPECT_THAT(stating({history.genesis(), 2, 3}), Rejects(Reason::out_of_order, "RES-9"));
  EXPECT_THAT(stating({history.head().hash(), 2, 4}), Rejects(Reason::out_of_order, "RES-9"));
}

TEST_F(ResolutionTest, CountsWhatWasUndone) {
  const auto fork = sample::following(history.operations()[1], recover, 3600);
  ASSERT_THAT(history.append(sample::sign(fork, "recovery 0", true)), Rejects(Reason::not_allowed, "HIST-9"));
  const auto from_start = sample::following(history.operations()[0], recover, 3600);
  ASSERT_THAT(history.append(sample::sign(from_start, "recovery 1", true)), Accepts());
  EXPECT_EQ(verified().statement().body().head, (Head{history.head().hash(), 1, 4}));
}

TEST_F(ResolutionTest, KnowsTheDevicesUntilTheIdentityEnds) {
  EXPECT_TRUE(verified().has_device(key("laptop").public_key()));
  EXPECT_FALSE(verified().has_device(key("phone").public_key()));
  EXPECT_FALSE(verified().has_device(key("identity").public_key()));
  grow(revoke, "identity");
  EXPECT_FALSE(verified().has_device(key("laptop").public_key()));
}

TEST_F(ResolutionTest, IsCheckedAgainstAPin) {
  const Pin pin = Pin::of(verified());
  EXPECT_EQ(pin, (Pin{history.genesis(), history.head().hash()}));
  EXPECT_THAT(check_pin(pin, verified()), Accepts());
  const History older = History::replay(std::vector{history.operations()[0].text()}).value();
  grow(update, "identity");
  EXPECT_THAT(check_pin(pin, verified()), Accepts());
  history = older;
  EXPECT_THAT(check_pin(pin, verified()), Rejects(Reason::out_of_order, "PIN-2"));
  history = History::start(sample::create(sample::state(), at(1))).value();
  EXPECT_THAT(check_pin(pin, verified()), Rejects(Reason::wrong_key, "PIN-1"));
  EXPECT_THAT(check_pin(pin, VerifiedAbsence{absence()}), Rejects(Reason::out_of_order, "PIN-3"));
  StatementBody removal = absence().body();
  removal.removed = true;
  EXPECT_THAT(check_pin(pin, VerifiedAbsence{Statement::sign(removal, key("domain"))}), Accepts());
}

TEST_F(ResolutionTest, FitsAPinWhoseHeadWasUndone) {
  const Pin pin = Pin::of(verified());
  const auto fork = sample::following(history.operations()[0], recover, 3600);
  ASSERT_THAT(history.append(sample::sign(fork, "recovery 1", true)), Accepts());
  EXPECT_THAT(check_pin(pin, verified()), Accepts());
}

}  // namespace
}  // namespace pd::identity
