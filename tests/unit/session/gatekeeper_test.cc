#include "session/gatekeeper.h"

#include <gtest/gtest.h>

#include "client/town.h"
#include "identity/sample.h"

namespace pd::session {
namespace {

namespace sample = identity::sample;
using directory::ContactPolicy;
using directory::Decision;
using directory::Verdict;

class GatekeeperTest : public ::testing::Test {
 protected:
  GatekeeperTest() { town_.settle("olivier@example.org"); }
  Gatekeeper keeper(std::optional<ContactPolicy> policy = {}) {
    return {contacts_, history_, policy, [] { return sample::at(0); }};
  }
  directory::VerifiedPeer olivier() const { return town_.find("olivier@example.org"); }

  pd::test::Town town_;
  pd::test::Folder folder_;
  directory::Contacts contacts_{folder_.path() / "contacts.db"};
  History history_{folder_.path() / "history.db"};
};

TEST_F(GatekeeperTest, AStrangerBecomesARequest) {
  EXPECT_EQ(keeper().judge(olivier()), Verdict::ask);
  EXPECT_TRUE(contacts_.has_request(olivier().address(), sample::at(0)));
  contacts_.decide(olivier().address(), Decision::accepted, sample::at(0));
  EXPECT_EQ(keeper().judge(olivier()), Verdict::let_in);
}

TEST_F(GatekeeperTest, WhomTheOwnerWroteToIsAContact) {
  EXPECT_FALSE(keeper().is_contact(olivier()));
  history_.write(olivier().address(), std::vector<std::string>{"hello"}, sample::at(0));
  EXPECT_TRUE(keeper().is_contact(olivier()));
  EXPECT_EQ(keeper(ContactPolicy::contacts).judge(olivier()), Verdict::let_in);
}

TEST_F(GatekeeperTest, WhoIsAContactIsKnownWithoutLookingThemUp) {  // CON-3
  const auto address = olivier().address();
  EXPECT_FALSE(keeper().is_contact(address, false));
  EXPECT_TRUE(keeper().is_contact(address, true));
  history_.write(address, std::vector<std::string>{"hello"}, sample::at(0));
  EXPECT_TRUE(keeper().is_contact(address, false));
  contacts_.decide(address, Decision::blocked, sample::at(0));
  EXPECT_FALSE(keeper().is_contact(address, true));
}

TEST_F(GatekeeperTest, APolicyForTheRunOverridesTheOwnersButNotABlock) {
  contacts_.set_policy(ContactPolicy::contacts);
  EXPECT_EQ(keeper().judge(olivier()), Verdict::ignore);
  EXPECT_EQ(keeper(ContactPolicy::anyone).judge(olivier()), Verdict::let_in);
  contacts_.decide(olivier().address(), Decision::blocked, sample::at(0));
  EXPECT_EQ(keeper(ContactPolicy::anyone).judge(olivier()), Verdict::ignore);
  EXPECT_TRUE(keeper().is_blocked(olivier().address()));
  EXPECT_FALSE(contacts_.has_request(olivier().address(), sample::at(0)));
}

TEST_F(GatekeeperTest, AskingTooMuchIsIgnored) {  // CON-7
  for (int i = 0; i < 8; ++i) {
    const std::string address = "n" + std::to_string(i) + "@example.org";
    town_.settle(address);
    EXPECT_EQ(keeper().judge(town_.find(address)), Verdict::ask);
  }
  EXPECT_EQ(keeper().judge(olivier()), Verdict::ignore);
}

}  // namespace
}  // namespace pd::session
