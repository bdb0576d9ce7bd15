#include "identity/history.h"

#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using enum OperationKind;
using sample::at;
using sample::following;
using sample::forged;
using sample::key;
using sample::sign;

constexpr std::int64_t hours = 3600;

std::vector<std::string> texts(const History& history) {
  std::vector<std::string> texts;
  for (const Operation& operation : history.operations())
    texts.push_back(operation.text());
  return texts;
}

class HistoryTest : public testing::Test {
 protected:
  // Appends an operation of `kind` that keeps the state, and expects it to be accepted.
  Operation grow(OperationKind kind, std::int64_t after = 60, std::string_view signer = "identity") {
    const Operation operation = next(kind, after, signer);
    EXPECT_THAT(history.append(operation), Accepts());
    return operation;
  }

  Operation next(OperationKind kind, std::int64_t after = 60, std::string_view signer = "identity") const {
    return following_one(history.head(), kind, after, signer);
  }

  static Operation following_one(const Operation& previous, OperationKind kind, std::int64_t after = 60,
                                 std::string_view signer = "identity") {
    OperationBody body = following(previous, kind, after);
    if (kind == move) body.moved_to = sample::address("olivier@example.net");
    return sign(body, signer, signer.starts_with("recovery"));
  }

  // An update by which a thief takes the identity over, recovery keys and all.
  Operation theft(std::int64_t after = 60, std::string_view signer = "identity", OperationKind kind = update) const {
    OperationBody body = following(history.head(), kind, after);
    body.state = IdentityState{
        body.state.address, key("thief").public_key(), {}, {key("thief's recovery").public_key().thumbprint()}};
    return sign(body, signer, kind == recover);
  }

  History history = History::start(sample::create(sample::state("olivier@example.org", 3))).value();
  const Operation created = history.head();
};

TEST_F(HistoryTest, StartsWithACreateByItsOwnKey) {
  EXPECT_EQ(history.genesis(), created.hash());
  EXPECT_EQ(history.address().text(), "olivier@example.org");
  EXPECT_THAT(History::start(next(update)), Rejects(Reason::not_allowed, "HIST-1"));
  EXPECT_THAT(History::start(sign(created.body(), "laptop")), Rejects(Reason::wrong_key, "HIST-1"));
  EXPECT_THAT(History::start(Operation::parse(forged(created.text())).value()),
              Rejects(Reason::bad_signature, "JWS-10"));
  EXPECT_THAT(history.append(created), Rejects(Reason::not_allowed, "HIST-1"));
}

TEST_F(HistoryTest, GrowsByUpdates) {
  OperationBody body = following(history.head(), update);
  body.state.devices.push_back({"phone", key("phone").public_key()});
  ASSERT_THAT(history.append(sign(body)), Accepts());
  EXPECT_EQ(history.state(), body.state);
  EXPECT_EQ(history.head().body().seq, 1u);
  EXPECT_EQ(history.active(), (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(history.contains(created.hash()));
  EXPECT_FALSE(history.contains(Hash{}));
}

TEST_F(HistoryTest, HandsOverToANewIdentityKey) {
  OperationBody body = following(history.head(), update);
  body.state.identity_key = key("new identity").public_key();
  ASSERT_THAT(history.append(sign(body)), Accepts());
  EXPECT_THAT(history.append(next(update)), Rejects(Reason::wrong_key, "HIST-6"));
  EXPECT_THAT(history.append(next(update, 60, "new identity")), Accepts());
}

TEST_F(HistoryTest, StaysWithOneAddress) {
  OperationBody body = following(history.head(), update);
  body.state.address = sample::address("gordon@example.org");
  EXPECT_THAT(history.append(sign(body)), Rejects(Reason::wrong_subject, "HIST-2"));
}

TEST_F(HistoryTest, GoesOnFromTheHeadOnly) {
  const Operation stale = next(update);
  grow(update);
  EXPECT_THAT(history.append(stale), Rejects(Reason::out_of_order, "HIST-3"));
  for (const auto kind : {revoke, move}) {
    EXPECT_THAT(history.append(following_one(created, kind)), Rejects(Reason::out_of_order, "HIST-3"));
  }
  OperationBody unknown = following(history.head(), update);
  unknown.previous = Hash{1};
  EXPECT_THAT(history.append(sign(unknown)), Rejects(Reason::out_of_order, "HIST-3"));
  OperationBody skipping = following(history.head(), update);
  skipping.seq += 1;
  EXPECT_THAT(history.append(sign(skipping)), Rejects(Reason::out_of_order, "HIST-3"));
}

TEST_F(HistoryTest, NeverGoesBackInTime) {
  EXPECT_THAT(history.append(next(update, -1)), Rejects(Reason::out_of_order, "HIST-4"));
  EXPECT_THAT(history.append(next(update, 0)), Accepts());
  grow(update, 5 * hours);
  // Not even where prev is older: the order of the list counts.
  EXPECT_THAT(history.append(following_one(created, recover, 5 * hours - 1, "recovery 0")),
              Rejects(Reason::out_of_order, "HIST-4"));
}

TEST_F(HistoryTest, EndsWithARevokeOrAMove) {
  for (const auto last : {revoke, move}) {
    History ended = history;
    ASSERT_THAT(ended.append(following_one(created, last)), Accepts());
    EXPECT_TRUE(ended.ended());
    for (const auto kind : {update, revoke, move}) {
      EXPECT_THAT(ended.append(following_one(ended.head(), kind)), Rejects(Reason::not_allowed, "HIST-5"));
    }
    EXPECT_THAT(ended.append(following_one(ended.head(), recover, 60, "recovery 0")),
                Rejects(Reason::not_allowed, "HIST-5"));
    EXPECT_THAT(ended.append(following_one(created, recover, 120, "recovery 2")), Accepts());
    EXPECT_FALSE(ended.ended());
  }
  EXPECT_FALSE(history.ended());
}

TEST_F(HistoryTest, TakesUpdatesAndMovesFromTheIdentityKeyAlone) {
  for (const auto kind : {update, move}) {
    EXPECT_THAT(history.append(following_one(created, kind, 60, "laptop")), Rejects(Reason::wrong_key, "HIST-6"));
  }
  EXPECT_THAT(history.append(Operation::parse(forged(next(update).text())).value()),
              Rejects(Reason::bad_signature, "JWS-10"));
}

TEST_F(HistoryTest, TakesARevokeFromTheIdentityKeyOrARecoveryKey) {
  EXPECT_THAT(history.append(next(revoke, 60, "laptop")), Rejects(Reason::wrong_key, "HIST-7"));
  EXPECT_THAT(history.append(next(revoke, 60, "recovery of somebody else")), Rejects(Reason::wrong_key, "HIST-7"));
  // The identity key signs as itself, not as if it were a recovery key.
  EXPECT_THAT(history.append(sign(following(created, revoke), "identity", true)), Rejects(Reason::wrong_key, "HIST-7"));
  for (const std::string_view signer : {"identity", "recovery 0", "recovery 2"}) {
    History copy = history;
    EXPECT_THAT(copy.append(next(revoke, 60, signer)), Accepts());
  }
}

TEST_F(HistoryTest, TakesARecoverFromARecoveryKeyAlone) {
  EXPECT_THAT(history.append(sign(following(created, recover), "identity", true)),
              Rejects(Reason::wrong_key, "HIST-8"));
  EXPECT_THAT(history.append(next(recover, 60, "recovery of somebody else")), Rejects(Reason::wrong_key, "HIST-8"));
  // At the head the weakest will do, at any time.
  EXPECT_THAT(history.append(next(recover, 1000 * hours, "recovery 2")), Accepts());
}

TEST_F(HistoryTest, LooksForRecoveryKeysInTheStateBefore) {
  OperationBody body = following(created, update);
  body.state.recovery_keys = {key("recovery new").public_key().thumbprint()};
  ASSERT_THAT(history.append(sign(body)), Accepts());
  EXPECT_THAT(history.append(next(recover, 60, "recovery 0")), Rejects(Reason::wrong_key, "HIST-8"));
  // A key that it names itself is not enough.
  OperationBody self = following(history.head(), recover);
  self.state.recovery_keys = {key("recovery mine").public_key().thumbprint()};
  EXPECT_THAT(history.append(sign(self, "recovery mine", true)), Rejects(Reason::wrong_key, "HIST-8"));
  EXPECT_THAT(history.append(next(recover, 60, "recovery new")), Accepts());
}

TEST_F(HistoryTest, UndoesATheftWithAnyRecoveryKey) {
  ASSERT_THAT(history.append(theft()), Accepts());
  const Operation stolen = history.head();
  EXPECT_THAT(history.append(following_one(created, recover, 120, "recovery 2")), Accepts());
  EXPECT_EQ(history.state(), created.body().state);
  EXPECT_EQ(history.active(), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(history.head().body().seq, 1u);
  EXPECT_TRUE(history.contains(stolen.hash()));
  // What was undone is never followed again, by nobody.
  EXPECT_THAT(history.append(following_one(stolen, update, 120, "thief")), Rejects(Reason::out_of_order, "HIST-3"));
  OperationBody body = following(stolen, recover, 120);
  EXPECT_THAT(history.append(sign(body, "thief's recovery", true)), Rejects(Reason::out_of_order, "HIST-3"));
  EXPECT_THAT(History::replay(texts(history)), Accepts());
}

TEST_F(HistoryTest, UndoesOnlyWhatAWeakerKeySigned) {
  ASSERT_THAT(history.append(theft(60, "recovery 1", recover)), Accepts());
  EXPECT_THAT(history.append(following_one(created, recover, 120, "recovery 2")),
              Rejects(Reason::not_allowed, "HIST-9"));
  EXPECT_THAT(history.append(following_one(created, recover, 120, "recovery 1")),
              Rejects(Reason::not_allowed, "HIST-9"));
  EXPECT_THAT(history.append(following_one(created, recover, 120, "recovery 0")), Accepts());
  EXPECT_THAT(history.append(following_one(created, recover, 180, "recovery 0")),
              Rejects(Reason::not_allowed, "HIST-9"));
}

TEST_F(HistoryTest, RanksByTheFirstOperationThatItUndoes) {
  ASSERT_THAT(history.append(theft()), Accepts());
  ASSERT_THAT(history.append(sign(following(history.head(), recover), "thief's recovery", true)), Accepts());
  ASSERT_THAT(history.append(next(revoke, 60, "thief")), Accepts());
  EXPECT_THAT(history.append(following_one(created, recover, 1 * hours, "recovery 2")), Accepts());
  EXPECT_EQ(history.active(), (std::vector<std::size_t>{0, 4}));
}

TEST_F(HistoryTest, UndoesARevokeByAWeakerRecoveryKey) {
  grow(revoke, 60, "recovery 1");
  EXPECT_THAT(history.append(following_one(created, recover, 120, "recovery 2")),
              Rejects(Reason::not_allowed, "HIST-9"));
  EXPECT_THAT(history.append(following_one(created, recover, 120, "recovery 0")), Accepts());
}

TEST_F(HistoryTest, UndoesForSeventyTwoHours) {
  ASSERT_THAT(history.append(theft(60)), Accepts());
  EXPECT_THAT(history.append(following_one(created, recover, 60 + 72 * hours + 1, "recovery 0")),
              Rejects(Reason::expired, "HIST-10"));
  EXPECT_THAT(history.append(following_one(created, recover, 60 + 72 * hours, "recovery 0")), Accepts());
}

TEST_F(HistoryTest, CountsTheHoursFromTheFirstOperationThatItUndoes) {
  grow(update, 60);
  const Operation mine = history.head();
  ASSERT_THAT(history.append(theft(100 * hours)), Accepts());
  EXPECT_THAT(history.append(following_one(created, recover, 101 * hours, "recovery 0")),
              Rejects(Reason::expired, "HIST-10"));
  EXPECT_THAT(history.append(following_one(mine, recover, 101 * hours, "recovery 0")), Accepts());
}

TEST_F(HistoryTest, StaysAsItWasWhenItRefuses) {
  grow(update);
  const auto before = texts(history);
  ASSERT_FALSE(history.append(following_one(created, update)).has_value());
  ASSERT_FALSE(
      history.append(Operation::parse(forged(following_one(created, recover, 120, "recovery 0").text())).value())
          .has_value());
  EXPECT_EQ(texts(history), before);
  EXPECT_EQ(history.active(), (std::vector<std::size_t>{0, 1}));
}

TEST_F(HistoryTest, KeepsTheLastPlacesForRescueAndForTheEnd) {
  while (history.operations().size() < max_history - history_reserve)
    grow(update, 0);
  EXPECT_THAT(history.append(next(update)), Rejects(Reason::too_large, "HIST-11"));
  while (history.operations().size() < max_history - 1)
    grow(recover, 0, "recovery 0");
  for (const auto kind : {revoke, move}) {
    History copy = history;
    EXPECT_THAT(copy.append(next(kind)), Accepts());
  }
  grow(recover, 0, "recovery 0");
  EXPECT_EQ(history.operations().size(), max_history);
  EXPECT_THAT(history.append(next(recover, 0, "recovery 0")), Rejects(Reason::too_large, "HIST-11"));
  EXPECT_THAT(history.append(next(revoke)), Rejects(Reason::too_large, "HIST-11"));

  auto list = texts(history);
  EXPECT_EQ(History::replay(list).value().active(), history.active());
  list.push_back(list.back());
  EXPECT_THAT(History::replay(list), Rejects(Reason::too_large, "HIST-11"));
}

TEST_F(HistoryTest, ReplaysOnlyTheWholeListInOrder) {
  grow(update);
  grow(update);
  const auto list = texts(history);
  EXPECT_THAT(History::replay(list), Accepts());
  EXPECT_THAT(History::replay({}), Rejects(Reason::malformed, "HIST-1"));
  EXPECT_THAT(History::replay(std::vector{list[1], list[2]}), Rejects(Reason::not_allowed, "HIST-1"));
  EXPECT_THAT(History::replay(std::vector{list[0], list[2]}), Rejects(Reason::out_of_order, "HIST-3"));
  EXPECT_THAT(History::replay(std::vector{list[0], list[2], list[1]}), Rejects(Reason::out_of_order, "HIST-3"));
  EXPECT_THAT(History::replay(std::vector{list[0], list[1], list[1]}), Rejects(Reason::out_of_order, "HIST-3"));
  EXPECT_THAT(History::replay(std::vector{list[0], std::string("no")}), Rejects(Reason::malformed, "JWS-1"));
  EXPECT_THAT(History::replay(std::vector{list[0], forged(list[1])}), Rejects(Reason::bad_signature, "JWS-10"));
}

TEST_F(HistoryTest, VerifiesSignaturesOnlyOfAListThatIsSoundOtherwise) {
  grow(update);
  // Both are wrong; what is cheap to see is what is reported.
  const std::vector<std::string> list = {forged(created.text()), history.head().text()};
  EXPECT_THAT(History::replay(list), Rejects(Reason::out_of_order, "HIST-3"));
}

TEST_F(HistoryTest, SaysWhichOperationIsWrong) {
  grow(update);
  auto list = texts(history);
  list.push_back(list[1]);
  const auto result = History::replay(list);
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message, testing::StartsWith("operation 2: "));
}

TEST(CheckFresh, AllowsFiveMinutesEitherWay) {
  const Operation operation = sample::create();
  EXPECT_THAT(check_fresh(operation, at(300)), Accepts());
  EXPECT_THAT(check_fresh(operation, at(-300)), Accepts());
  EXPECT_THAT(check_fresh(operation, at(301)), Rejects(Reason::expired, "HIST-12"));
  EXPECT_THAT(check_fresh(operation, at(-301)), Rejects(Reason::not_yet_valid, "HIST-12"));
}

}  // namespace
}  // namespace pd::identity
