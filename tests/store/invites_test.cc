#include <set>

#include "suite.h"

namespace pd::store::test {
namespace {

class InvitesTest : public StoreSuite {
 protected:
  Invite make(std::uint32_t uses, std::int64_t expires = 1'000, const std::string& note = "") {
    return wait(store->create_invite(uses, at(0), at(expires), note));
  }
  AppendOutcome spend(const std::string& local, const std::string& code, std::int64_t now = 0) {
    Append with = create(local);
    with.invite = code;
    with.accepted = at(now);
    return append(*store, with);
  }
};
FOR_EVERY_BACKEND(InvitesTest);

TEST_P(InvitesTest, EachUseIsSpentOnce) {
  const Invite invite = make(2);
  EXPECT_EQ(spend("a", invite.code), AppendOutcome::done);
  EXPECT_EQ(spend("b", invite.code), AppendOutcome::done);
  EXPECT_EQ(spend("c", invite.code), AppendOutcome::invite_unknown);
  EXPECT_EQ(find(*store, "c").state, NameState::free);
}

TEST_P(InvitesTest, UnknownExpiredAndRevokedCodesAreNotTaken) {
  EXPECT_EQ(spend("a", "no-such-code"), AppendOutcome::invite_unknown);
  EXPECT_EQ(spend("a", ""), AppendOutcome::invite_unknown);
  const Invite invite = make(1, 100);
  EXPECT_EQ(spend("a", invite.code, 100), AppendOutcome::invite_unknown);
  EXPECT_EQ(spend("a", invite.id), AppendOutcome::invite_unknown);
  EXPECT_TRUE(wait(store->revoke_invite(invite.id)));
  EXPECT_FALSE(wait(store->revoke_invite(invite.id)));
  EXPECT_EQ(spend("a", invite.code), AppendOutcome::invite_unknown);
}

TEST_P(InvitesTest, NothingIsSpentOnARegistrationThatIsRefusedOrRepeated) {
  const Invite invite = make(1);
  append(*store, create("olivier", "another"));
  EXPECT_EQ(spend("olivier", invite.code), AppendOutcome::name_taken);
  EXPECT_EQ(wait(store->invites()).at(0).uses_left, 1u);
  EXPECT_EQ(spend("gordon", invite.code), AppendOutcome::done);
  EXPECT_EQ(wait(store->invites()).at(0).uses_left, 0u);
  EXPECT_EQ(spend("gordon", invite.code), AppendOutcome::repeated);
}

TEST_P(InvitesTest, TheListDoesNotTellTheCode) {
  const Invite made = make(3, 500, "for the club");
  const auto list = wait(store->invites());
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].code, "");
  EXPECT_EQ(list[0].id, made.id);
  EXPECT_EQ(list[0].uses_left, 3u);
  EXPECT_EQ(list[0].created, at(0));
  EXPECT_EQ(list[0].expires, at(500));
  EXPECT_EQ(list[0].note, "for the club");
  EXPECT_EQ(made.id, identity::hex(identity::sha256(identity::bytes_of(made.code))).substr(0, 8));
}

TEST_P(InvitesTest, CodesHave128RandomBitsInPlainLetters) {
  std::set<std::string> codes;
  for (int i = 0; i < 50; ++i) {
    const std::string code = make(1).code;
    EXPECT_EQ(code.size(), 26u);
    EXPECT_EQ(code.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos) << code;
    codes.insert(code);
  }
  EXPECT_EQ(codes.size(), 50u);
}

TEST_P(InvitesTest, LongExpiredOnesAreForgotten) {
  make(1, 10);
  wait(store->create_invite(1, at(20 * 86'400), at(21 * 86'400), ""));
  EXPECT_EQ(wait(store->invites()).size(), 2u);
  wait(store->create_invite(1, at(40 * 86'400), at(41 * 86'400), ""));
  EXPECT_EQ(wait(store->invites()).size(), 2u);
}

}  // namespace
}  // namespace pd::store::test
