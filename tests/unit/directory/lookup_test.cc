#include "directory/lookup.h"

#include <gtest/gtest.h>

#include "world.h"

namespace pd::directory {
namespace {

namespace sample = identity::sample;
using identity::OperationKind;
using test::Asker;
using test::Authority;
using test::FakeDomain;
using test::must;

class LookupTest : public ::testing::Test {
 protected:
  LookupTest() {
    away_.serve(gordon_, away_.resolution(history_));
    home_.serve(gordon_, away_.resolution(history_));
  }

  // How a lookup of gordon ends, by way of example.org; `what_` and `hint_` say it in words.
  Kind failure(std::optional<identity::Domain> own) {
    try {
      asker_.lookup(std::move(own)).find(gordon_);
    } catch (const Failure& failure) {
      what_ = failure.what();
      hint_ = failure.hint();
      return failure.kind();
    }
    ADD_FAILURE() << "the lookup succeeded";
    return Kind::failed;
  }
  Kind failure() { return failure(home_.domain()); }

  void update() {
    const auto body = sample::following(history_.head(), OperationKind::update);
    must(history_.append(sample::sign(body)));
    away_.serve(gordon_, away_.resolution(history_));
    home_.serve(gordon_, away_.resolution(history_));
  }

  identity::History other_history() const {
    auto state = sample::state(gordon_.text());
    state.identity_key = sample::key("impostor").public_key();
    const identity::OperationBody body{OperationKind::create, 0, {}, sample::at(0), state, {}};
    return identity::History::start(sample::sign(body, "impostor")).value();
  }

  const Authority authority_;
  const identity::Address gordon_ = sample::address("gordon@blackmesa.us");
  identity::History history_ = identity::History::start(sample::create(sample::state("gordon@blackmesa.us"))).value();
  FakeDomain home_{authority_, "example.org", "home"};
  FakeDomain away_{authority_, "blackmesa.us", "away"};
  Asker asker_{authority_, {&home_, &away_}};
  std::string what_;
  std::string hint_;
};

TEST_F(LookupTest, FindsAndRemembers) {
  const auto peer = asker_.lookup(home_.domain()).find(gordon_);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->address(), gordon_);
  EXPECT_TRUE(peer->confirmed());
  EXPECT_FALSE(peer->stale());
  EXPECT_EQ(peer->trust(), Trust::seen);
  EXPECT_EQ(asker_.pins().contact(gordon_)->pin, identity::Pin::of(peer->identity()));
  EXPECT_TRUE(asker_.pins().domain(away_.domain())->confirmed);
}

TEST_F(LookupTest, WithoutAnAccountAsksTheDomainItself) {
  EXPECT_TRUE(asker_.lookup().find(gordon_));
  EXPECT_EQ(home_.asked(), 0);
}

TEST_F(LookupTest, AsksADomainThatItKnowsForNothingButTheAnswer) {
  asker_.lookup(home_.domain()).find(gordon_);
  const int away = away_.asked();
  const int home = home_.asked();
  asker_.lookup(home_.domain()).find(gordon_);
  EXPECT_EQ(away_.asked(), away);
  EXPECT_EQ(home_.asked(), home + 1);
}

TEST_F(LookupTest, BelievesAProvenAbsence) {
  home_.serve(gordon_, away_.absence(gordon_));
  EXPECT_FALSE(asker_.lookup(home_.domain()).find(gordon_));
  EXPECT_THROW(asker_.lookup(home_.domain()).require(gordon_), Failure);
}

TEST_F(LookupTest, SaysWhoRemovedSomebody) {
  asker_.lookup(home_.domain()).find(gordon_);
  home_.serve(gordon_, away_.absence(gordon_, true));
  try {
    asker_.lookup(home_.domain()).require(gordon_);
    FAIL() << "the lookup succeeded";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.kind(), Kind::nobody);
    EXPECT_NE(std::string(failure.what()).find("was removed by blackmesa.us"), std::string::npos) << failure.what();
  }
}

TEST_F(LookupTest, DeniesAnAbsenceForSomebodySeen) {
  asker_.lookup(home_.domain()).find(gordon_);
  home_.serve(gordon_, away_.absence(gordon_));
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_NE(what_.find("denied"), std::string::npos) << what_;
}

TEST_F(LookupTest, AnAbsenceWithoutProofIsNoAnswer) {
  const std::string path = "/v1/identities/" + gordon_.text();
  home_.serve(path, 404, "{}");
  EXPECT_EQ(failure(), Kind::unverified);
  home_.serve(path, 404, R"({"type":"urn:pd:problem:nobody"})", "application/problem+json");
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_NE(what_.find("proves nothing"), std::string::npos) << what_;
  EXPECT_NE(what_.find("RES-3"), std::string::npos) << what_;
  home_.serve(path, 404, "<h1>Not Found</h1>", "text/html");
  EXPECT_EQ(failure(), Kind::unverified);
}

TEST_F(LookupTest, AnAbsenceWithoutProofDoesNotUnpinAnybody) {
  asker_.lookup(home_.domain()).find(gordon_);
  home_.serve("/v1/identities/" + gordon_.text(), 404, R"({"type":"urn:pd:problem:nobody"})",
              "application/problem+json");
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_NE(what_.find("PIN-3"), std::string::npos) << what_;
  EXPECT_TRUE(asker_.pins().contact(gordon_));
}

TEST_F(LookupTest, AnAbsenceForgedByTheHomeServerIsNotBelieved) {
  home_.serve(gordon_, home_.absence(gordon_));
  EXPECT_EQ(failure(), Kind::unverified);
}

TEST_F(LookupTest, GarbageIsNoAnswer) {
  for (const char* body :
       {"", "null", "[]", "{\"operations\":", "\xff\xfe", R"({"operations":["x"],"statement":"y","domain":{}})"}) {
    home_.serve("/v1/identities/" + gordon_.text(), 200, body);
    EXPECT_EQ(failure(), Kind::unverified) << body;
  }
}

TEST_F(LookupTest, TheAnswerForAnotherNameIsNotBelieved) {
  const auto alyx = identity::History::start(sample::create(sample::state("alyx@blackmesa.us"))).value();
  home_.serve(gordon_, away_.resolution(alyx));
  EXPECT_EQ(failure(), Kind::unverified);
}

TEST_F(LookupTest, WhoIsLookedUpQuietlyDoesNotNotice) {  // CALL-21
  const auto quietly = asker_.lookup(home_.domain()).require(gordon_, Asking::own_server);
  EXPECT_EQ(away_.asked(), 0);
  EXPECT_FALSE(quietly.confirmed());
  EXPECT_TRUE(asker_.lookup(home_.domain()).find(gordon_)->confirmed()) << "later";
  EXPECT_EQ(away_.asked(), 1);
}

TEST_F(LookupTest, AStatementHasItsTime) {
  asker_.lookup(home_.domain()).find(gordon_);
  asker_.set_time(sample::at(0) + identity::max_statement_life + identity::clock_skew + identity::Seconds(1));
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_NE(what_.find("expired"), std::string::npos) << what_;
}

TEST_F(LookupTest, FollowsAChangeThatIsSigned) {
  asker_.lookup(home_.domain()).find(gordon_);
  update();
  EXPECT_EQ(asker_.lookup(home_.domain()).find(gordon_)->identity().history().head().body().seq, 1u);
}

TEST_F(LookupTest, AnOlderHistoryThanSeenIsNotBelieved) {
  const auto before = away_.resolution(history_);
  update();
  asker_.lookup(home_.domain()).find(gordon_);
  home_.serve(gordon_, before);
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_NE(hint_.find("pdctl trust reset gordon@blackmesa.us"), std::string::npos) << hint_;
}

TEST_F(LookupTest, TheOwnerIsNotToldToAskThemselves) {
  const auto owner_is_told = [this] {
    const Lookup lookup(
        asker_.transport(), asker_.pins(), home_.domain(), [] { return sample::at(0); }, gordon_);
    try {
      lookup.require(gordon_);
      ADD_FAILURE() << "the lookup succeeded";
    } catch (const Failure& failure) {
      what_ = failure.what();
      EXPECT_NE(what_.find("your "), std::string::npos) << what_;
      EXPECT_NE(failure.hint().find("whoever runs blackmesa.us"), std::string::npos) << failure.hint();
      EXPECT_EQ(failure.hint().find("them, in another way"), std::string::npos) << failure.hint();
    }
  };
  const auto before = away_.resolution(history_);
  update();
  asker_.lookup(home_.domain()).find(gordon_);
  home_.serve(gordon_, before);
  owner_is_told();
  EXPECT_NE(what_.find("older or another state"), std::string::npos) << what_;
  home_.serve(gordon_, away_.resolution(other_history()));
  owner_is_told();
  EXPECT_NE(what_.find("somebody else's"), std::string::npos) << what_;
  home_.serve(gordon_, away_.absence(gordon_));
  owner_is_told();
  EXPECT_NE(what_.find("any more"), std::string::npos) << what_;
  home_.serve(gordon_, away_.absence(gordon_, true));
  owner_is_told();
  EXPECT_NE(what_.find("was removed"), std::string::npos) << what_;
}

TEST_F(LookupTest, SomebodyElseUnderTheNameIsNotBelievedUntilReset) {
  asker_.lookup(home_.domain()).find(gordon_);
  const auto impostor = other_history();
  home_.serve(gordon_, away_.resolution(impostor));
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_NE(what_.find(history_.state().identity_key.id()), std::string::npos) << what_;
  EXPECT_NE(what_.find(impostor.state().identity_key.id()), std::string::npos) << what_;
  EXPECT_EQ(failure(), Kind::unverified) << "a refused answer must not be remembered";
  asker_.pins().forget(gordon_);
  EXPECT_TRUE(asker_.lookup(home_.domain()).find(gordon_));
}

TEST_F(LookupTest, FollowsADomainKeyThatIsHandedOver) {
  asker_.lookup(home_.domain()).find(gordon_);
  away_.rotate("next");
  auto answer = away_.resolution(history_);
  answer.domain = away_.descriptor(2);
  home_.serve(gordon_, answer);
  EXPECT_TRUE(asker_.lookup(home_.domain()).find(gordon_));
}

TEST_F(LookupTest, AKeyThatIsRotatedOutStatesNothingAnyMore) {
  const auto old_statement = away_.statement(history_);
  away_.rotate("next");
  auto answer = away_.resolution(history_);
  answer.statement = old_statement;
  home_.serve(gordon_, answer);
  EXPECT_EQ(failure(), Kind::unverified);
}

TEST_F(LookupTest, ADomainKeyThatChangesUnsignedStopsEverything) {
  asker_.lookup(home_.domain()).find(gordon_);
  FakeDomain usurper(authority_, "blackmesa.us", "usurper");
  home_.serve(gordon_, usurper.resolution(history_));
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_NE(hint_.find("pdctl trust reset blackmesa.us"), std::string::npos) << hint_;
}

TEST_F(LookupTest, OnesOwnServerCannotNameAFalseDomainKey) {
  FakeDomain usurper(authority_, "blackmesa.us", "usurper");
  home_.serve(gordon_, usurper.resolution(other_history()));
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_FALSE(asker_.pins().contact(gordon_));
}

class UnreachableTest : public LookupTest {
 protected:
  UnreachableTest() { away_.remove("/.well-known/pd"); }
};

TEST_F(UnreachableTest, APassedOnKeyIsUnconfirmedUntilSeenAtItsDomain) {
  EXPECT_FALSE(asker_.lookup(home_.domain()).find(gordon_)->confirmed());
  EXPECT_FALSE(asker_.lookup(home_.domain()).find(gordon_)->confirmed());
  away_.serve_descriptor();
  EXPECT_TRUE(asker_.lookup(home_.domain()).find(gordon_)->confirmed());
}

TEST_F(UnreachableTest, AnUnconfirmedKeyThatTurnsOutFalseIsSaidLoudly) {
  FakeDomain usurper(authority_, "blackmesa.us", "usurper");
  home_.serve(gordon_, usurper.resolution(other_history()));
  EXPECT_FALSE(asker_.lookup(home_.domain()).find(gordon_)->confirmed());
  away_.serve_descriptor();
  EXPECT_EQ(failure(), Kind::unverified);
  EXPECT_NE(what_.find("blackmesa.us has changed"), std::string::npos) << what_;
}

TEST_F(UnreachableTest, APassedOnDescriptorMustBeInTime) {
  auto answer = away_.resolution(history_);
  answer.domain = away_.descriptor(1, sample::at(0) - identity::max_descriptor_life - identity::Seconds(3600));
  home_.serve(gordon_, answer);
  EXPECT_EQ(failure(), Kind::unverified);
}

TEST_F(LookupTest, AStaleAnswerIsMarked) {
  auto answer = away_.resolution(history_);
  answer.stale = true;
  home_.serve(gordon_, answer);
  EXPECT_TRUE(asker_.lookup(home_.domain()).find(gordon_)->stale());
}

TEST_F(LookupTest, KnowsWhoseSafetyNumberWasCompared) {
  asker_.lookup(home_.domain()).find(gordon_);
  asker_.pins().mark_verified(gordon_, history_.state().identity_key);
  EXPECT_EQ(asker_.lookup(home_.domain()).find(gordon_)->trust(), Trust::verified);
  auto body = sample::following(history_.head(), OperationKind::update);
  body.state.identity_key = sample::key("rotated").public_key();
  must(history_.append(sample::sign(body)));
  home_.serve(gordon_, away_.resolution(history_));
  EXPECT_EQ(asker_.lookup(home_.domain()).find(gordon_)->trust(), Trust::rekeyed);
}

TEST_F(LookupTest, ALaggingDescriptorDoesNotReplaceANewerOne) {
  const auto newer = identity::Descriptor::from_json(away_.domain(), away_.descriptor(7)).value();
  EXPECT_TRUE(asker_.pins().keep(newer, false, sample::at(1)));
  away_.serve("/.well-known/pd", 200, away_.descriptor(6).dump());
  EXPECT_TRUE(asker_.lookup(home_.domain()).find(gordon_)->confirmed());
  EXPECT_EQ(asker_.pins().domain(away_.domain())->descriptor.body().seq, 7u);
}

TEST_F(LookupTest, ProblemsHaveTheirKind) {
  const struct {
    int status;
    const char* name;
    Kind kind;
  } cases[] = {{403, "policy", Kind::refused},
               {403, "refused-by-remote", Kind::refused},
               {504, "remote-unreachable", Kind::unreachable},
               {502, "remote-lying", Kind::unverified},
               {502, "remote-key-changed", Kind::unverified},
               {429, "rate-limited", Kind::unreachable},
               {400, "malformed", Kind::failed},
               {500, "internal", Kind::unreachable},
               {403, "something-new", Kind::refused}};
  for (const auto& each : cases) {
    const identity::Json body{{"type", std::string("urn:pd:problem:") + each.name}, {"detail", "because\x1b[2J"}};
    home_.serve("/v1/identities/" + gordon_.text(), each.status, body.dump(), "application/problem+json");
    EXPECT_EQ(failure(), each.kind) << each.name;
    EXPECT_EQ(what_.find('\x1b'), std::string::npos) << "a server's words must not steer the terminal";
  }
}

}  // namespace
}  // namespace pd::directory
