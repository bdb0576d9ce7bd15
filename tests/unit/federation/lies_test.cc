#include "identity/sample.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using identity::sample::address;
using testing::FakeDomain;
using testing::Turn;
using testing::World;

const std::map<std::string, std::string> json{{"Content-Type", "application/json"}, {"Cache-Control", "max-age=0"}};

struct Lying : World {
  FakeDomain& mesa = neighbour("blackmesa.us");
  const identity::Address gordon = mesa.add("gordon");

  Lying() { mesa.max_age = "0"; }

  // The domain answers this about anybody, but its descriptor is honest.
  void answer(std::function<std::string(const std::string& name)> body) {
    mesa.server.set_script([this, body = std::move(body)](Turn& turn) {
      if (turn.asked.target == "/.well-known/pd") return mesa.honest(turn);
      turn.reply(200, body(turn.asked.target.substr(turn.asked.target.rfind('/') + 1)), json);
    });
  }
  void spoil(std::function<void(identity::Resolution&)> change) {
    answer([this, change = std::move(change)](const std::string& name) { return mesa.resolution_json(name, change); });
  }
  void state(std::function<void(identity::StatementBody&)> change) {
    answer([this, change = std::move(change)](const std::string& name) {
      return mesa.resolution_json(
          name, [&](identity::Resolution& resolution) { resolution.statement = mesa.statement(name, change); });
    });
  }
  // The answer has this broken rule, and is otherwise the one that the statement in it speaks of.
  void expect_lie(const std::string& rule) { EXPECT_EQ(refusal(gordon), "lying " + rule); }

  // A statement that vouches for the operations as they are: what is wrong with them must be found in them.
  void vouch(identity::Resolution& resolution) const {
    resolution.statement = mesa.statement(gordon.text(), [&](identity::StatementBody& body) {
      const auto head = identity::Operation::parse(resolution.operations.back());
      body.head = identity::Head{head->hash(), head->body().seq, resolution.operations.size()};
    });
  }
};

TEST_F(Lying, GarbageInPlaceOfAnAnswer) {
  start();
  answer([](const std::string&) { return "{\"operations\":"; });
  expect_lie("RES-1");
}

TEST_F(Lying, NotWhenItSaysThatItRemovedThePerson) {
  start();
  EXPECT_EQ(outcome(gordon), "1");
  mesa.remove("gordon");
  EXPECT_EQ(outcome(gordon), "1 stale") << "an absence alone is a lie";
  state([](identity::StatementBody& body) { body.removed = true; });
  EXPECT_EQ(outcome(gordon), "nobody");
  restart();
  EXPECT_EQ(outcome(gordon), "nobody");
  EXPECT_EQ(outcome(address("alyx@blackmesa.us")), "nobody");
  mesa.add("gordon");
  mesa.server.set_script([this](Turn& turn) { mesa.honest(turn); });
  EXPECT_EQ(outcome(gordon), "nobody stale") << "and for good";
}

TEST_F(Lying, SomethingElseThanJson) {
  start();
  mesa.server.set_script([this](Turn& turn) {
    if (turn.asked.target == "/.well-known/pd") return mesa.honest(turn);
    turn.reply(200, "<html>", {{"Content-Type", "text/html"}});
  });
  expect_lie("FED-10");
}

TEST_F(Lying, TheAnswerForAnotherName) {
  mesa.add("alyx");
  start();
  answer([this](const std::string&) { return mesa.resolution_json("alyx@blackmesa.us"); });
  expect_lie("STMT-6");
}

TEST_F(Lying, AnOperationWithABrokenSignature) {
  start();
  spoil([this](identity::Resolution& resolution) {
    auto& last = resolution.operations.back();
    last[last.size() - 10] = last[last.size() - 10] == 'A' ? 'B' : 'A';
    vouch(resolution);
  });
  expect_lie("JWS-10");
}

TEST_F(Lying, OperationsOutOfOrder) {
  mesa.update("gordon");
  mesa.update("gordon");
  start();
  spoil([this](identity::Resolution& resolution) {
    std::swap(resolution.operations[1], resolution.operations[2]);
    vouch(resolution);
  });
  expect_lie("HIST-3");
}

TEST_F(Lying, AHistoryCutShort) {
  mesa.update("gordon");
  start();
  spoil([](identity::Resolution& resolution) { resolution.operations.pop_back(); });
  expect_lie("RES-9");
}

TEST_F(Lying, AStatementThatHasEnded) {
  start();
  state([this](identity::StatementBody& body) {
    body.issued = now() - identity::Seconds(7200);
    body.expires = now();
  });
  expect_lie("STMT-8");
}

TEST_F(Lying, AStatementFromTheFuture) {
  start();
  state([this](identity::StatementBody& body) {
    body.issued = now() + identity::Seconds(301);
    body.expires = now() + identity::Seconds(3600);
  });
  expect_lie("STMT-8");
}

TEST_F(Lying, AStatementUnderAKeyThatWasRotatedOut) {
  start();
  const auto old = mesa.statement("gordon@blackmesa.us");
  mesa.rotate();
  spoil([old](identity::Resolution& resolution) { resolution.statement = old; });
  expect_lie("STMT-7");
}

TEST_F(Lying, AStatementByAStranger) {
  start();
  spoil([this](identity::Resolution& resolution) {
    auto body = identity::Statement::parse(resolution.statement)->body();
    resolution.statement = identity::Statement::sign(body, identity::sample::key("a stranger")).text();
  });
  expect_lie("STMT-7");
}

TEST_F(Lying, NotModifiedThoughNothingWasAskedFor) {
  start();
  mesa.server.set_script([this](Turn& turn) {
    if (turn.asked.target == "/.well-known/pd") return mesa.honest(turn);
    turn.reply(304, "");
  });
  EXPECT_EQ(outcome(gordon), "unreachable");
}

// What was seen before is never taken back: the old answer is given, marked stale, and the lie leaves no trace.
struct LyingLater : Lying {
  LyingLater() {
    mesa.update("gordon");
    start();
    EXPECT_EQ(outcome(gordon), "2");
  }

  void expect_stale_then_truth() {
    EXPECT_EQ(outcome(gordon), "2 stale");
    restart();
    EXPECT_EQ(outcome(gordon), "2 stale") << "the store holds the pin";
  }
};

TEST_F(LyingLater, TheTruthAgainIsFreshAgain) {
  answer([](const std::string&) { return "{}"; });
  EXPECT_EQ(outcome(gordon), "2 stale");
  mesa.server.set_script([this](Turn& turn) { mesa.honest(turn); });
  EXPECT_EQ(outcome(gordon), "2");
}

TEST_F(LyingLater, AnOlderHistory) {
  auto operations = mesa.operations("gordon");
  operations.pop_back();
  mesa.set_operations("gordon", operations);
  expect_stale_then_truth();
}

TEST_F(LyingLater, AForkedHistory) {
  const auto operations = mesa.operations("gordon");
  const auto first = identity::Operation::parse(operations.front());
  const auto fork = identity::sample::sign(identity::sample::following(*first, identity::OperationKind::update, 120));
  const auto more = identity::sample::sign(identity::sample::following(fork, identity::OperationKind::update, 60));
  mesa.set_operations("gordon", {operations.front(), fork.text(), more.text()});
  expect_stale_then_truth();
}

TEST_F(LyingLater, SomebodyElseUnderTheName) {
  mesa.replace_by_impostor("gordon");
  mesa.update("gordon");
  mesa.update("gordon");
  expect_stale_then_truth();
}

TEST_F(LyingLater, NobodyOfThatNameAnyMore) {
  mesa.remove("gordon");
  expect_stale_then_truth();
}

TEST_F(LyingLater, ThePinHoldsLongAfterTheStatementEnded) {
  mesa.remove("gordon");
  pass(3 * 24 * 3600);
  EXPECT_EQ(refusal(gordon), "lying FED-12");
  restart();
  EXPECT_EQ(refusal(gordon), "lying FED-12");
}

TEST_F(LyingLater, ALongerHistoryIsNoLie) {
  mesa.update("gordon");
  EXPECT_EQ(outcome(gordon), "3");
  restart();
  mesa.update("gordon");
  EXPECT_EQ(outcome(gordon), "4");
}

TEST_F(LyingLater, ADomainKeyThatChangedUnsigned) {
  mesa.change_key_unsigned();
  EXPECT_EQ(outcome(gordon), "2 stale");
  EXPECT_EQ(refusal(address("alyx@blackmesa.us")), "key changed DKEY-8");
  restart();
  EXPECT_EQ(refusal(address("alyx@blackmesa.us")), "key changed DKEY-8") << "the store holds the pin";
  EXPECT_EQ(outcome(gordon), "2 stale");
  EXPECT_NE(metrics.text().find("pd_remote_key_changes_total"), std::string::npos);
}

TEST_F(LyingLater, ADomainKeyThatWasHandedOver) {
  mesa.rotate();
  EXPECT_EQ(outcome(gordon), "2");
  mesa.rotate();
  restart();
  EXPECT_EQ(outcome(gordon), "2");
}

TEST_F(LyingLater, AnOlderDescriptor) {
  pass(2 * 3600);
  mesa.seq = 0;
  EXPECT_EQ(outcome(gordon), "2") << "the one at hand does";
  restart();
  EXPECT_EQ(outcome(address("alyx@blackmesa.us")), "nobody");
}

struct LyingAtFirst : Lying {};

TEST_F(LyingAtFirst, ADescriptorOfAnotherDomain) {
  FakeDomain& other = neighbour("example.net");
  start();
  mesa.server.set_script([&](Turn& turn) { turn.reply(200, other.descriptor_json(), json); });
  EXPECT_EQ(refusal(gordon), "lying DESC-3");
}

TEST_F(LyingAtFirst, ADescriptorThatHasExpired) {
  start();
  const auto old = mesa.descriptor_json();
  pass(7 * 24 * 3600);
  mesa.server.set_script([&](Turn& turn) { turn.reply(200, old, json); });
  EXPECT_EQ(refusal(gordon), "lying DESC-9");
}

TEST_F(LyingAtFirst, ADescriptorThatIsGarbage) {
  start();
  mesa.server.set_script([&](Turn& turn) { turn.reply(200, "{}", json); });
  EXPECT_EQ(refusal(gordon), "lying DESC-1");
}

}  // namespace
}  // namespace pd::federation
