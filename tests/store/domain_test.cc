#include <chrono>
#include <thread>

#include "suite.h"

namespace pd::store::test {
namespace {

class DomainTest : public StoreSuite {};
FOR_EVERY_BACKEND(DomainTest);

TEST_P(DomainTest, IsTheOneThatItWasOpenedFor) {
  EXPECT_EQ(store->domain().text(), "example.org");
}

TEST_P(DomainTest, KeyRecordsGrowAndNeverChange) {
  EXPECT_TRUE(wait(store->domain_key_records()).empty());
  wait(store->put_domain_key_records({"first"}));
  wait(store->put_domain_key_records({"first", "second"}));
  wait(store->put_domain_key_records({"first", "second"}));
  EXPECT_THROW(wait(store->put_domain_key_records({"first"})), Failure);
  EXPECT_THROW(wait(store->put_domain_key_records({"another", "second", "third"})), Failure);
  EXPECT_THROW(wait(store->put_domain_key_records({})), Failure);
  EXPECT_THAT(wait(store->domain_key_records()), testing::ElementsAre("first", "second"));
}

TEST_P(DomainTest, TheSequenceOfDescriptorsNeverStands) {
  EXPECT_EQ(wait(store->next_descriptor_seq()), 1u);
  EXPECT_EQ(wait(store->next_descriptor_seq()), 2u);
  reopen();
  EXPECT_EQ(wait(store->next_descriptor_seq()), 3u);
}

TEST_P(DomainTest, ProbeWorks) {
  wait(store->probe(at(0)));
  wait(store->probe(at(-5)));
}

// Waiting for what happens once a second: the clock is the backend's own.
bool changes_within(Store& store, std::uint64_t before, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (store.outside_changes() == before && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return store.outside_changes() != before;
}

TEST_P(DomainTest, ChangesFromOutsideAreNoticed) {
  const auto outside = backend->open();
  const auto before = store->outside_changes();
  wait(outside->reserve(name("root"), at(0)));
  EXPECT_TRUE(changes_within(*store, before, std::chrono::seconds(20)));
}

TEST_P(DomainTest, ItsOwnChangesAreNotFromOutside) {
  const auto before = store->outside_changes();
  append(*store, create("olivier"));
  find(*store, "olivier");
  EXPECT_FALSE(changes_within(*store, before, std::chrono::seconds(3)));
}

TEST_P(DomainTest, TwoProcessesWriteTheSameData) {
  const auto other = backend->open();
  append(*store, create("olivier"));
  EXPECT_EQ(find(*other, "olivier").state, NameState::taken);
  append(*other, create("gordon"));
  EXPECT_EQ(append(*store, create("gordon", "ours")), AppendOutcome::name_taken);
}

}  // namespace
}  // namespace pd::store::test
