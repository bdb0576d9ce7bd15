#include "suite.h"

namespace pd::store::test {
namespace {

class NamesTest : public StoreSuite {
 protected:
  NameState state(const std::string& local) { return find(*store, local).state; }
};
FOR_EVERY_BACKEND(NamesTest);

TEST_P(NamesTest, ReservingAFreeNameAndGivingItBack) {
  EXPECT_EQ(wait(store->reserve(name("root"), at(0))), NameState::reserved);
  EXPECT_EQ(state("root"), NameState::reserved);
  EXPECT_EQ(wait(store->reserve(name("root"), at(1))), NameState::reserved);
  EXPECT_TRUE(wait(store->unreserve(name("root"))));
  EXPECT_EQ(state("root"), NameState::free);
  EXPECT_FALSE(wait(store->unreserve(name("root"))));
}

TEST_P(NamesTest, TakenAndTombstonedNamesAreNotReserved) {
  append(*store, create("olivier"));
  EXPECT_EQ(wait(store->reserve(name("olivier"), at(0))), NameState::taken);
  EXPECT_FALSE(wait(store->unreserve(name("olivier"))));
  EXPECT_EQ(state("olivier"), NameState::taken);
  wait(store->tombstone(name("olivier"), at(1)));
  EXPECT_EQ(wait(store->reserve(name("olivier"), at(2))), NameState::tombstoned);
  EXPECT_FALSE(wait(store->unreserve(name("olivier"))));
  EXPECT_EQ(state("olivier"), NameState::tombstoned);
}

TEST_P(NamesTest, ATombstoneErasesWhatWasSaid) {
  append(*store, create("olivier"));
  wait(store->put_endpoint(name("olivier"), {"laptop", "record", at(100)}, at(0)));
  EXPECT_TRUE(wait(store->tombstone(name("olivier"), at(1))));
  const Lookup lookup = find(*store, "olivier");
  EXPECT_EQ(lookup.state, NameState::tombstoned);
  EXPECT_FALSE(lookup.record);
  EXPECT_TRUE(wait(store->endpoints(name("olivier"), at(1))).empty());
  EXPECT_FALSE(wait(store->tombstone(name("olivier"), at(2))));
  EXPECT_EQ(state("olivier"), NameState::tombstoned);
}

TEST_P(NamesTest, RemovingAFreeNameReservesIt) {
  EXPECT_FALSE(wait(store->tombstone(name("nobody"), at(0))));
  EXPECT_EQ(state("nobody"), NameState::reserved);
  EXPECT_FALSE(wait(store->tombstone(name("nobody"), at(0))));
  EXPECT_EQ(state("nobody"), NameState::reserved);
}

TEST_P(NamesTest, ReservedNamesAreListed) {
  for (const char* local : {"root", "admin", "abuse"})
    wait(store->reserve(name(local), at(0)));
  append(*store, create("olivier"));
  EXPECT_THAT(wait(store->reserved()), testing::ElementsAre("abuse", "admin", "root"));
}

TEST_P(NamesTest, UsersComeInOrderAndInParts) {
  const Append gordon = create("gordon");
  append(*store, create("olivier"));
  append(*store, gordon);
  append(*store, create("alice"));
  wait(store->reserve(name("root"), at(9)));
  wait(store->tombstone(name("alice"), at(10)));

  const auto all = wait(store->users("", 100));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].address.text(), "alice@example.org");
  EXPECT_EQ(all[0].state, NameState::tombstoned);
  EXPECT_FALSE(all[0].head);
  EXPECT_EQ(all[1].head, gordon.new_head);
  EXPECT_EQ(all[1].created, at(0));
  EXPECT_EQ(all[3].state, NameState::reserved);
  EXPECT_EQ(all[3].created, at(9));

  const auto part = wait(store->users("alice", 2));
  ASSERT_EQ(part.size(), 2u);
  EXPECT_EQ(part[0].address.local(), "gordon");
  EXPECT_EQ(part[1].address.local(), "olivier");
  EXPECT_TRUE(wait(store->users("root", 2)).empty());
}

}  // namespace
}  // namespace pd::store::test
