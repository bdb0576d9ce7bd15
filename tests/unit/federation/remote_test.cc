#include "identity/http_signature.h"
#include "identity/sample.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using identity::sample::address;
using identity::sample::domain;
using testing::FakeDomain;
using testing::Turn;
using testing::World;

struct Remotely : World {
  FakeDomain& mesa = neighbour("blackmesa.us");
  const identity::Address gordon = mesa.add("gordon");

  std::size_t questions() const { return mesa.server.count("/v1/identities/"); }
};

TEST_F(Remotely, ResolvesSomebodyOfAnotherDomain) {
  start();
  const auto answer = resolve(gordon);
  const auto& person = std::get<identity::VerifiedIdentity>(answer->verified);
  EXPECT_EQ(person.address(), gordon);
  EXPECT_FALSE(answer->stale);
  EXPECT_EQ(answer->fresh_until, now() + identity::Seconds(300));
  const auto sent_on = identity::Resolution::parse(*answer->json);
  ASSERT_TRUE(sent_on);
  EXPECT_FALSE(sent_on->stale);
  EXPECT_EQ(sent_on->operations, mesa.operations("gordon"));
  EXPECT_EQ(sent_on->domain.dump(), mesa.descriptor_json());
}

TEST_F(Remotely, ResolvesNobodyWithProof) {
  start();
  EXPECT_EQ(outcome(address("nobody@blackmesa.us")), "nobody");
}

TEST_F(Remotely, AsksOnceWhileTheAnswerIsFresh) {
  start();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(outcome(gordon), "1");
  pass(299);
  EXPECT_EQ(outcome(gordon), "1");
  EXPECT_EQ(questions(), 1u);
  pass(1);
  EXPECT_EQ(outcome(gordon), "1");
  EXPECT_EQ(questions(), 2u);
}

TEST_F(Remotely, RevalidatesWithTheEtag) {
  start();
  resolve(gordon);
  pass(300);
  const auto again = resolve(gordon);
  EXPECT_EQ(mesa.server.asked().back().headers.count("if-none-match"), 1u);
  EXPECT_FALSE(again->stale);
  EXPECT_EQ(again->fresh_until, now() + identity::Seconds(300));
  mesa.update("gordon");
  pass(300);
  EXPECT_EQ(outcome(gordon), "2");
}

TEST_F(Remotely, TellsWhatIsKeptAndAsksNobody) {  // FED-20
  mesa.max_age = "0";
  start();
  const auto kept = [this](const identity::Address& about) { return runner.run(federation->kept(about)); };
  EXPECT_THROW(kept(gordon), RemoteError) << "of whom nothing is kept";
  EXPECT_EQ(mesa.server.asked().size(), 0u);
  resolve(gordon);
  const auto asked = mesa.server.asked().size();
  pass(3'600);
  EXPECT_TRUE(kept(gordon)->stale);
  restart();
  EXPECT_TRUE(kept(gordon)->stale) << "from the store";
  EXPECT_EQ(mesa.server.asked().size(), asked);
  pass(25 * 3'600);
  EXPECT_THROW(kept(gordon), RemoteError) << "whose statement has ended";
  EXPECT_EQ(mesa.server.asked().size(), asked);
}

TEST_F(Remotely, KeepsAnAbsenceForHalfAMinute) {
  start();
  const auto later = address("later@blackmesa.us");
  EXPECT_EQ(outcome(later), "nobody");
  mesa.add("later");
  pass(29);
  EXPECT_EQ(outcome(later), "nobody");
  pass(1);
  EXPECT_EQ(outcome(later), "1");
}

TEST_F(Remotely, KeepsNothingFreshForMoreThanAnHour) {
  mesa.max_age = "100000";
  start();
  EXPECT_EQ(resolve(gordon)->fresh_until, now() + identity::Seconds(3'600));
}

TEST_F(Remotely, SignsItsQuestion) {
  start();
  resolve(gordon);
  const auto asked = mesa.server.asked().back();
  identity::HttpRequest request{asked.method, "https://blackmesa.us" + asked.target, {}, {}};
  for (const auto& header : asked.headers)
    request.headers.push_back(header);
  const auto signature = identity::RequestSignature::parse(request);
  ASSERT_TRUE(signature) << signature.error().message;
  EXPECT_EQ(asked.headers.at("pd-identity"), "example.org");
  const auto key = identity::sample::key("example.org's domain key").public_key();
  EXPECT_TRUE(signature->verify(key, identity::tag_federation, now()));
  EXPECT_EQ(identity::from_base64url(signature->parameters().nonce)->size(), 16u);
}

TEST_F(Remotely, ReusesItsConnection) {
  start();
  resolve(gordon);
  for (int i = 0; i < 5; ++i)
    outcome(address("u" + std::to_string(i) + "@blackmesa.us"));
  EXPECT_EQ(mesa.server.connections(), 1u);
}

TEST_F(Remotely, AsksOnceForAsManyAsWait) {
  start();
  mesa.server.set_script([&](Turn& turn) {
    if (turn.asked.target != "/.well-known/pd") gateway.wait();
    mesa.honest(turn);
  });
  std::vector<testing::Pending<testing::Resolved>> waiting;
  for (int i = 0; i < 50; ++i)
    waiting.push_back(runner.start(federation->resolve(gordon)));
  mesa.server.wait_for("gordon", 1);
  gateway.open();
  for (auto& one : waiting)
    EXPECT_EQ(std::get<identity::VerifiedIdentity>(one.get()->verified).address(), gordon);
  EXPECT_EQ(questions(), 1u);
  EXPECT_EQ(mesa.server.count("well-known"), 1u);
}

// Completion order, not time: the good answers come while all that were asked of the slow domain before still hang.
TEST_F(Remotely, ASlowDomainDoesNotDelayAnother) {
  auto& quick = neighbour("example.net");
  const auto alice = quick.add("alice");
  start();
  mesa.server.set_script([&](Turn& turn) {
    gateway.wait();
    mesa.honest(turn);
  });
  std::vector<testing::Pending<testing::Resolved>> slow;
  for (int i = 0; i < 100; ++i)
    slow.push_back(runner.start(federation->resolve(address("u" + std::to_string(i) + "@blackmesa.us"))));
  mesa.server.wait_for("well-known", 1);
  for (int i = 0; i < 20; ++i)
    EXPECT_NE(outcome(address("u" + std::to_string(i) + "@example.net")), "unreachable");
  EXPECT_EQ(outcome(alice), "1");
  for (auto& one : slow)
    EXPECT_FALSE(one.ready());
  gateway.open();
  for (auto& one : slow)
    EXPECT_TRUE(std::holds_alternative<identity::VerifiedAbsence>(one.get()->verified));
}

TEST_F(Remotely, AsksOneDomainThirtyTwoThingsAtOnceAtMost) {
  start();
  resolve(gordon);
  std::atomic<int> inside = 0, most = 0;
  mesa.server.set_script([&](Turn& turn) {
    const int now_inside = ++inside;
    inside.notify_all();
    for (int seen = most; seen < now_inside && !most.compare_exchange_weak(seen, now_inside);) {
    }
    gateway.wait();
    --inside;
    mesa.honest(turn);
  });
  std::vector<testing::Pending<testing::Resolved>> all;
  for (int i = 0; i < 80; ++i)
    all.push_back(runner.start(federation->resolve(address("u" + std::to_string(i) + "@blackmesa.us"))));
  for (int seen = inside; seen < 32; seen = inside)
    inside.wait(seen);
  gateway.open();
  for (auto& one : all)
    one.get();
  EXPECT_EQ(most, 32);
}

TEST_F(Remotely, SaysWhenTheHomeRefuses) {
  start();
  mesa.server.set_script([&](Turn& turn) {
    if (turn.asked.target == "/.well-known/pd") return mesa.honest(turn);
    turn.reply(403, "{}", {{"Content-Type", "application/problem+json"}});
  });
  EXPECT_EQ(trouble(gordon), Trouble::refused_by_remote);
}

TEST_F(Remotely, AnswersStaleWhileTheHomeIsDownUntilTheStatementEnds) {
  start();
  resolve(gordon);
  mesa.server.stop();
  pass(300);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(outcome(gordon), "1 stale");
  const auto answer = resolve(gordon);
  EXPECT_TRUE(identity::Resolution::parse(*answer->json)->stale);
  EXPECT_LE(answer->fresh_until, now());
  pass(24 * 3600 - 301);
  EXPECT_EQ(outcome(gordon), "1 stale");
  pass(1);
  EXPECT_EQ(outcome(gordon), "unreachable");
}

TEST_F(Remotely, AnswersStaleFromTheStoreAfterARestart) {
  start();
  resolve(gordon);
  mesa.server.stop();
  restart();
  EXPECT_EQ(outcome(gordon), "1 stale");
  EXPECT_EQ(outcome(gordon), "1 stale");
  EXPECT_EQ(outcome(address("alyx@blackmesa.us")), "unreachable");
}

TEST_F(Remotely, StopsAskingADomainThatIsDown) {
  mesa.server.set_script([](Turn& turn) { turn.reply(500, ""); });
  start();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(outcome(gordon), "unreachable");
  const auto asked = mesa.server.asked().size();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(outcome(gordon), "unreachable");
  EXPECT_EQ(mesa.server.asked().size(), asked) << "the breaker is open";
}

TEST_F(Remotely, FollowsTheApiToAnotherHost) {
  FakeDomain api(authority, "pd.blackmesa.us", [this] { return now(); });
  mesa.api = "https://pd.blackmesa.us:8443";
  settings.resolve.push_back({domain("pd.blackmesa.us"), 8443, "127.0.0.1", api.server.port()});
  api.server.set_script([&](Turn& turn) { mesa.honest(turn); });
  start();
  EXPECT_EQ(outcome(gordon), "1");
  EXPECT_EQ(questions(), 0u);
  EXPECT_EQ(api.server.asked().back().headers.at("host"), "pd.blackmesa.us:8443");
}

TEST_F(Remotely, GivesDescriptorsOfDomainsThatAsk) {
  start();
  EXPECT_EQ(runner.run(federation->descriptor(mesa.domain, {})).body().seq, 1u);
  runner.run(federation->descriptor(mesa.domain, {}));
  EXPECT_EQ(mesa.server.count("well-known"), 1u);
}

TEST_F(Remotely, LooksAgainWhenARequestIsSignedByAKeyItDoesNotKnow) {
  start();
  const auto old = runner.run(federation->descriptor(mesa.domain, {})).keys().current().id();
  mesa.rotate();
  EXPECT_EQ(runner.run(federation->descriptor(mesa.domain, old)).keys().current().id(), old);
  EXPECT_EQ(runner.run(federation->descriptor(mesa.domain, "new")).keys().current().id(), old) << "not so soon";
  pass(10);
  EXPECT_NE(runner.run(federation->descriptor(mesa.domain, "new")).keys().current().id(), old);
  EXPECT_EQ(mesa.server.count("well-known"), 2u);
}

TEST_F(Remotely, KnowsADescriptorUntilItExpiresWhileTheDomainIsDown) {
  start();
  runner.run(federation->descriptor(mesa.domain, {}));
  mesa.server.stop();
  pass(2 * 3600);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(runner.run(federation->descriptor(mesa.domain, {})).body().seq, 1u);
  pass(7 * 24 * 3600);
  EXPECT_THROW(runner.run(federation->descriptor(mesa.domain, {})), RemoteError);
}

TEST_F(Remotely, EndsCleanlyWhileMuchIsUnderWay) {
  mesa.server.set_script([&](Turn&) { gateway.wait(); });
  start();
  std::vector<testing::Pending<testing::Resolved>> waiting;
  for (int i = 0; i < 50; ++i)
    waiting.push_back(runner.start(federation->resolve(address("u" + std::to_string(i) + "@blackmesa.us"))));
  mesa.server.wait_for("well-known", 1);
  federation->stop();
  for (auto& one : waiting)
    EXPECT_THROW(one.get(), RemoteError);
  EXPECT_EQ(outcome(gordon), "unreachable") << "nothing is begun after the end";
  federation.reset();
  gateway.open();
}

}  // namespace
}  // namespace pd::federation
