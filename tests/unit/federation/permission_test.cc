#include "federation/community.h"
#include "identity/sample.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using identity::sample::at;
using identity::sample::domain;
using identity::sample::key;
using testing::FakeDomain;
using testing::Turn;
using testing::World;

struct Permitted : World {
  FakeDomain& mesa = neighbour("blackmesa.us");
  const identity::Address gordon = mesa.add("gordon");

  void use(const std::string& policy) { settings.policy = *Policy::parse(policy); }
};

TEST_F(Permitted, NobodyByAnEmptyPolicy) {
  use("");
  start();
  EXPECT_EQ(outcome(gordon), "refused by policy");
  EXPECT_FALSE(federation->admits(mesa.domain));
  EXPECT_THROW(runner.run(federation->descriptor(mesa.domain, {})), RemoteError);
  EXPECT_EQ(mesa.server.connections(), 0u) << "whom we have nothing to do with is not connected to";
}

TEST_F(Permitted, ToBeAskedButNotToAsk) {
  use("allow ask blackmesa.us");
  start();
  EXPECT_EQ(outcome(gordon), "1");
  EXPECT_FALSE(federation->admits(mesa.domain));
}

TEST_F(Permitted, ToAskButNotToBeAsked) {
  use("allow answer blackmesa.us");
  start();
  EXPECT_EQ(outcome(gordon), "refused by policy");
  EXPECT_TRUE(federation->admits(mesa.domain));
  EXPECT_EQ(runner.run(federation->descriptor(mesa.domain, {})).body().domain, mesa.domain)
      << "whoever asks must be known";
}

TEST_F(Permitted, AsThePolicyIsNow) {
  start();
  EXPECT_EQ(outcome(gordon), "1");
  federation->set_policy(*Policy::parse("default deny"));
  EXPECT_EQ(outcome(gordon), "refused by policy") << "though the answer is still fresh in the cache";
  EXPECT_FALSE(federation->admits(mesa.domain));
  federation->set_policy(Policy::open());
  EXPECT_EQ(outcome(gordon), "1");
}

struct InACommunity : Permitted {
  FakeDomain& club = neighbour("club.example");
  std::atomic<bool> down = false;
  std::mutex mutex;
  std::string list;  // guarded by mutex

  InACommunity() {
    settings.policy = policy_of("club key");
    club.server.set_script([this](Turn& turn) {
      const std::lock_guard lock(mutex);
      turn.reply(down ? 503u : 200u, list);
    });
  }

  static Policy policy_of(const char* signer, const std::string& more = "") {
    return *Policy::parse("community https://club.example/list " + key(signer).public_key().id() + "\n" + more);
  }
  void publish(std::uint64_t seq, std::vector<identity::Domain> domains, std::int64_t life = 3600) {
    const auto signed_list = CommunityList::sign(
        {club.domain, seq, now(), now() + identity::Seconds(life), std::move(domains)}, key("club key"));
    const std::lock_guard lock(mutex);
    list = signed_list->text();
  }
  // The list as it is published now is fetched: a policy that is set begins anew.
  void fetch_again() {
    const auto before = club.server.asked().size();
    federation->set_policy(policy_of("club key"));
    club.server.wait_for("/list", before + 1);
  }
  // Until the list that was fetched counts.
  void wait_until_admitted(bool admitted) {
    while (federation->admits(mesa.domain) != admitted)
      std::this_thread::yield();
  }
};

TEST_F(InACommunity, ItsMembersAreAllowedBothWays) {
  publish(1, {mesa.domain});
  start();
  EXPECT_EQ(outcome(gordon), "1") << "the first question waits for the list";
  EXPECT_TRUE(federation->admits(mesa.domain));
  EXPECT_FALSE(federation->admits(domain("example.net")));
}

TEST_F(InACommunity, OthersAreNot) {
  publish(1, {domain("example.net")});
  start();
  EXPECT_EQ(outcome(gordon), "refused by policy");
}

TEST_F(InACommunity, AListSignedByAnotherKeyCountsForNothing) {
  settings.policy = policy_of("another key");
  publish(1, {mesa.domain});
  start();
  EXPECT_EQ(outcome(gordon), "refused by policy");
}

TEST_F(InACommunity, AnExpiredListCountsForNothing) {
  publish(1, {mesa.domain}, 60);
  start();
  EXPECT_EQ(outcome(gordon), "1");
  pass(60);
  EXPECT_FALSE(federation->admits(mesa.domain));
}

TEST_F(InACommunity, WhoLeftTheListIsNoLongerAllowed) {
  publish(1, {mesa.domain});
  start();
  EXPECT_EQ(outcome(gordon), "1");
  publish(2, {});
  fetch_again();
  wait_until_admitted(false);
}

TEST_F(InACommunity, AnOlderListIsRefused) {
  publish(2, {});
  start();
  EXPECT_EQ(outcome(gordon), "refused by policy");
  publish(1, {mesa.domain});
  fetch_again();
  EXPECT_EQ(outcome(gordon), "refused by policy");
  restart();
  EXPECT_EQ(outcome(gordon), "refused by policy") << "the store remembers";
}

TEST_F(InACommunity, TheStoredListCountsWhileTheCommunityIsDown) {
  publish(1, {mesa.domain});
  start();
  EXPECT_EQ(outcome(gordon), "1");
  down = true;
  restart();
  EXPECT_EQ(outcome(gordon), "1");
  EXPECT_TRUE(federation->admits(mesa.domain));
}

TEST_F(InACommunity, ACommunityThatIsDownLetsNobodyIn) {
  down = true;
  start();
  EXPECT_EQ(outcome(gordon), "refused by policy");
}

}  // namespace
}  // namespace pd::federation
