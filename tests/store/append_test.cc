#include "suite.h"

namespace pd::store::test {
namespace {

class AppendTest : public StoreSuite {};
FOR_EVERY_BACKEND(AppendTest);

TEST_P(AppendTest, ANameThatNobodyHadIsFree) {
  const Lookup lookup = find(*store, "olivier");
  EXPECT_EQ(lookup.state, NameState::free);
  EXPECT_FALSE(lookup.record);
}

TEST_P(AppendTest, WhatIsAppendedIsFoundInOrder) {
  const Append first = create("olivier");
  Append second = next(first, "second");
  const Append third = next(second, "third");
  EXPECT_EQ(append(*store, first), AppendOutcome::done);
  EXPECT_EQ(append(*store, second), AppendOutcome::done);
  EXPECT_EQ(append(*store, third), AppendOutcome::done);

  const Lookup lookup = find(*store, "olivier");
  EXPECT_EQ(lookup.state, NameState::taken);
  ASSERT_TRUE(lookup.record);
  EXPECT_EQ(lookup.record->head, third.new_head);
  EXPECT_EQ(lookup.record->operations, (std::vector<std::string>{first.operation, "second", "third"}));
}

TEST_P(AppendTest, AForkKeepsWhatItUndid) {
  const Append first = create("olivier");
  const Append second = next(first, "second");
  Append recover = next(second, "recover");
  recover.new_head.seq = 1;  // its previous operation is the first
  append(*store, first);
  append(*store, second);
  EXPECT_EQ(append(*store, recover), AppendOutcome::done);
  const Lookup lookup = find(*store, "olivier");
  EXPECT_EQ(lookup.record->head, (Head{recover.operation_hash, 1, 3}));
  EXPECT_EQ(lookup.record->operations.size(), 3u);
}

TEST_P(AppendTest, TheNewestOperationAgainIsRepeated) {
  const Append first = create("olivier");
  const Append second = next(first, "second");
  append(*store, first);
  EXPECT_EQ(append(*store, first), AppendOutcome::repeated);
  append(*store, second);
  EXPECT_EQ(append(*store, second), AppendOutcome::repeated);
  EXPECT_EQ(find(*store, "olivier").record->operations.size(), 2u);
}

TEST_P(AppendTest, AnOlderOperationAgainIsNotRepeated) {
  const Append first = create("olivier");
  const Append second = next(first, "second");
  append(*store, first);
  append(*store, second);
  append(*store, next(second, "third"));
  EXPECT_EQ(append(*store, first), AppendOutcome::name_taken);
  EXPECT_EQ(append(*store, second), AppendOutcome::conflict);
}

TEST_P(AppendTest, AHeadThatMovedIsAConflict) {
  const Append first = create("olivier");
  append(*store, first);
  append(*store, next(first, "theirs"));
  EXPECT_EQ(append(*store, next(first, "ours")), AppendOutcome::conflict);
  EXPECT_EQ(find(*store, "olivier").record->operations.back(), "theirs");
}

TEST_P(AppendTest, ToANameThatIsNotThereIsAConflict) {
  EXPECT_EQ(append(*store, next(create("olivier"), "second")), AppendOutcome::conflict);
  EXPECT_EQ(find(*store, "olivier").state, NameState::free);
}

TEST_P(AppendTest, ATakenNameIsNotCreatedAgain) {
  append(*store, create("olivier"));
  EXPECT_EQ(append(*store, create("olivier", "somebody else")), AppendOutcome::name_taken);
  EXPECT_EQ(find(*store, "olivier").record->operations, std::vector<std::string>{"create olivier"});
}

TEST_P(AppendTest, AReservedNameIsNotCreated) {
  wait(store->reserve(name("root"), at(0)));
  EXPECT_EQ(append(*store, create("root")), AppendOutcome::name_reserved);
  EXPECT_EQ(find(*store, "root").state, NameState::reserved);
}

TEST_P(AppendTest, ATombstonedNameIsNotCreatedNorContinued) {
  const Append first = create("olivier");
  append(*store, first);
  wait(store->tombstone(name("olivier"), at(5)));
  EXPECT_EQ(append(*store, first), AppendOutcome::name_tombstoned);
  EXPECT_EQ(append(*store, create("olivier", "again")), AppendOutcome::name_tombstoned);
  EXPECT_EQ(append(*store, next(first, "second")), AppendOutcome::name_tombstoned);
}

TEST_P(AppendTest, AnAppendThatContradictsItselfWritesNothing) {
  Append wrong_count = create("olivier");
  wrong_count.new_head.count = 7;
  EXPECT_THROW(append(*store, wrong_count), Failure);
  Append wrong_head = create("olivier");
  wrong_head.new_head.operation = Hash{};
  EXPECT_THROW(append(*store, wrong_head), Failure);
  EXPECT_EQ(find(*store, "olivier").state, NameState::free);
}

TEST_P(AppendTest, NamesOfOtherDomainsAreRefused) {
  Append foreign = create("gordon");
  foreign.address = *Address::parse("gordon@blackmesa.us");
  EXPECT_THROW(append(*store, foreign), Failure);
  EXPECT_THROW(wait(store->find(foreign.address)), Failure);
  EXPECT_EQ(find(*store, "gordon").state, NameState::free);
}

TEST_P(AppendTest, LongOperationsComeBackUnchanged) {
  Append append_long = create("olivier", std::string(7'500, 'x'));
  append(*store, append_long);
  EXPECT_EQ(find(*store, "olivier").record->operations.front(), append_long.operation);
}

}  // namespace
}  // namespace pd::store::test
