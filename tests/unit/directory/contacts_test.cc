#include "directory/contacts.h"

#include <gtest/gtest.h>

#include "client/town.h"
#include "directory/pins.h"
#include "identity/sample.h"

namespace pd::directory {
namespace {

namespace sample = identity::sample;
using Asked = Contacts::Asked;

class ContactsTest : public ::testing::Test {
 protected:
  VerifiedPeer person(const std::string& address) {
    town_.settle(address);
    return town_.find(address);
  }
  // So many people of a domain ask at that second; returns how many of them became requests.
  int crowd(Contacts& contacts, const std::string& domain, int count, std::int64_t second) {
    int kept = 0;
    for (int i = 0; i < count; ++i)
      kept += contacts.ask(person("n" + std::to_string(number_++) + "@" + domain), sample::at(second)) ==
              Asked::new_request;
    return kept;
  }

  static constexpr std::int64_t day = 24 * 3600;
  pd::test::Town town_;
  pd::test::Folder folder_;
  const std::filesystem::path file_ = folder_.path() / "contacts.db";
  const identity::Address olivier_ = sample::address("olivier@example.org");
  int number_ = 0;
};

TEST_F(ContactsTest, AsksUntilTheOwnerSaysOtherwise) {
  {
    Contacts contacts(file_);
    EXPECT_EQ(contacts.policy(), ContactPolicy::ask);  // CON-1
    contacts.set_policy(ContactPolicy::anyone);
    contacts.set_policy(ContactPolicy::contacts);
  }
  EXPECT_EQ(Contacts(file_).policy(), ContactPolicy::contacts);
}

TEST_F(ContactsTest, APolicyOfALaterVersionIsTheStrictest) {
  Contacts contacts(file_);
  contacts.set_policy(ContactPolicy::anyone);
  Pins(file_).forget(olivier_);  // any other user of the file
  Database(file_, std::vector<std::string_view>(2, "")).run("UPDATE setting SET value = 'friends of friends'");
  EXPECT_EQ(contacts.policy(), ContactPolicy::contacts);
}

TEST_F(ContactsTest, ADecisionTakesThePlaceOfTheOneBefore) {
  Contacts contacts(file_);
  EXPECT_EQ(contacts.decide(olivier_, Decision::accepted, sample::at(0)), Decision::none);
  EXPECT_EQ(contacts.decision(olivier_, sample::at(1)), Decision::accepted);
  EXPECT_EQ(contacts.decide(olivier_, Decision::blocked, sample::at(2)), Decision::accepted);
  EXPECT_EQ(Contacts(file_).decision(olivier_, sample::at(1'000 * day)), Decision::blocked);
  EXPECT_EQ(contacts.blocked(), std::vector{olivier_});
  EXPECT_EQ(contacts.decide(olivier_, Decision::none, sample::at(3)), Decision::blocked);
  EXPECT_EQ(contacts.decision(olivier_, sample::at(4)), Decision::none);
  EXPECT_TRUE(contacts.blocked().empty());
}

TEST_F(ContactsTest, ADeclineHoldsForThirtyDays) {
  Contacts contacts(file_);
  contacts.decide(olivier_, Decision::declined, sample::at(0));
  EXPECT_EQ(contacts.decision(olivier_, sample::at(30 * day - 1)), Decision::declined);
  EXPECT_EQ(contacts.decision(olivier_, sample::at(30 * day)), Decision::none);
}

TEST_F(ContactsTest, ARequestShowsWhoAskedAndHowOften) {
  Contacts contacts(file_);
  const auto olivier = person("olivier@example.org");
  EXPECT_EQ(contacts.ask(olivier, sample::at(0)), Asked::new_request);
  EXPECT_EQ(contacts.ask(olivier, sample::at(59)), Asked::repeated);  // not written (CON-7)
  EXPECT_EQ(contacts.ask(olivier, sample::at(60)), Asked::repeated);
  const auto requests = Contacts(file_).requests(sample::at(61));
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].address, olivier_);
  EXPECT_EQ(requests[0].identity_key, olivier.state().identity_key);
  EXPECT_TRUE(requests[0].confirmed);
  EXPECT_EQ(requests[0].first_asked, sample::at(0));
  EXPECT_EQ(requests[0].last_asked, sample::at(60));
  EXPECT_EQ(requests[0].times, 2);
}

TEST_F(ContactsTest, EveryDecisionEndsTheRequest) {
  Contacts contacts(file_);
  for (const auto decision : {Decision::accepted, Decision::declined, Decision::blocked, Decision::none}) {
    contacts.ask(person("olivier@example.org"), sample::at(0));
    EXPECT_TRUE(contacts.has_request(olivier_, sample::at(1)));
    contacts.decide(olivier_, decision, sample::at(1));
    EXPECT_FALSE(contacts.has_request(olivier_, sample::at(1)));
  }
}

// CON-7.
TEST_F(ContactsTest, StrangersCannotFillIt) {
  Contacts contacts(file_);
  EXPECT_EQ(crowd(contacts, "a.example", 9, 0), 8);
  EXPECT_EQ(crowd(contacts, "b.example", 9, 0), 8);
  EXPECT_EQ(crowd(contacts, "c.example", 9, 0), 8);
  EXPECT_EQ(crowd(contacts, "d.example", 9, 0), 0) << "24 in a day";
  EXPECT_EQ(crowd(contacts, "a.example", 9, day), 8);
  EXPECT_EQ(crowd(contacts, "b.example", 9, day), 8);
  EXPECT_EQ(crowd(contacts, "c.example", 9, day), 8);
  EXPECT_EQ(crowd(contacts, "a.example", 8, 2 * day), 8);
  EXPECT_EQ(crowd(contacts, "b.example", 9, 2 * day), 8);
  EXPECT_EQ(contacts.requests(sample::at(2 * day)).size(), 64u);
  EXPECT_EQ(crowd(contacts, "a.example", 1, 4 * day), 0) << "64 in all";
  EXPECT_EQ(crowd(contacts, "a.example", 1, 30 * day), 1) << "those of the first day are gone";
  EXPECT_EQ(contacts.requests(sample::at(30 * day)).size(), 41u);
  EXPECT_TRUE(contacts.requests(sample::at(60 * day)).empty());
}

TEST_F(ContactsTest, ToForgetAPersonTakesAnAcceptanceBackAndNothingElse) {  // CON-8
  Contacts contacts(file_);
  Pins pins(file_);
  contacts.decide(olivier_, Decision::accepted, sample::at(0));
  pins.forget(olivier_);
  EXPECT_EQ(contacts.decision(olivier_, sample::at(1)), Decision::none);
  contacts.decide(olivier_, Decision::blocked, sample::at(1));
  pins.forget(olivier_);
  EXPECT_EQ(contacts.decision(olivier_, sample::at(2)), Decision::blocked);
}

}  // namespace
}  // namespace pd::directory
