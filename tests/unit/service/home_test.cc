#include "service/home.h"

#include "forwarding_store.h"
#include "service/health.h"
#include "service/reserved_names.h"
#include "world.h"

namespace pd::service::testing {
namespace {

class Describing : public ServiceTest {
 protected:
  // What the administrator's command does.
  void rotate() {
    auto next = std::make_unique<PrivateKey>(PrivateKey::generate());
    auto keys = identity::DomainKeys::replay(domain("example.org"), run(store_->domain_key_records())).value();
    ASSERT_TRUE(keys.rotate(*domain_key_, next->public_key(), now_));
    run(store_->put_domain_key_records(keys.records()));
    domain_key_ = std::move(next);
  }
};

TEST_F(Describing, the_descriptor_verifies) {
  const auto snapshot = home_->snapshot();
  const auto read = identity::Descriptor::parse(domain("example.org"), *snapshot->body).value();
  EXPECT_TRUE(read.check_time(now_));
  EXPECT_EQ(read.body().api, "https://example.org");
  EXPECT_EQ(read.keys().current(), domain_key_->public_key());
}

TEST_F(Describing, every_descriptor_succeeds_the_one_before) {
  const auto first = home_->snapshot();
  run(home_->refresh());
  const auto second = home_->snapshot();
  EXPECT_TRUE(second->descriptor.check_succeeds(first->descriptor));
  EXPECT_GT(second->descriptor.body().seq, first->descriptor.body().seq);
  EXPECT_NE(second->etag, first->etag);
}

TEST_F(Describing, a_restart_keeps_the_key_and_the_order) {
  const auto before = home_->snapshot();
  assemble();
  EXPECT_TRUE(home_->snapshot()->descriptor.check_succeeds(before->descriptor));
  EXPECT_EQ(home_->snapshot()->descriptor.keys().records(), before->descriptor.keys().records());
}

TEST_F(Describing, it_is_due_after_a_day) {
  EXPECT_FALSE(run(home_->due()));
  now_ += identity::Seconds(24 * 3600 - 1);
  EXPECT_FALSE(run(home_->due()));
  now_ += identity::Seconds(1);
  EXPECT_TRUE(run(home_->due()));
}

TEST_F(Describing, a_rotation_is_followed) {
  Somebody olivier("olivier@example.org", now_);
  submit(olivier.create(), olivier.key);
  const auto before = home_->snapshot();
  rotate();
  EXPECT_TRUE(run(home_->due()));
  run(home_->refresh());
  directory_->changed_all();
  EXPECT_EQ(home_->snapshot()->descriptor.keys().current(), domain_key_->public_key());
  EXPECT_TRUE(home_->snapshot()->descriptor.check_succeeds(before->descriptor));
  verified(resolve("olivier@example.org"), "olivier@example.org");
}

TEST_F(Describing, without_the_key_in_force_what_was_there_remains) {
  const auto before = home_->snapshot();
  domain_key_ = std::make_unique<PrivateKey>(PrivateKey::generate());
  EXPECT_THROW(run(home_->refresh()), std::runtime_error);
  EXPECT_EQ(home_->snapshot(), before);
}

class Broken : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  awaitable<void> probe(Time now) override {
    ++probes;
    if (broken) throw store::Failure("as the test wants it");
    co_await ForwardingStore::probe(now);
  }
  bool broken = false;
  int probes = 0;
};

TEST_F(Describing, readiness_is_tried_once_a_second) {
  Broken store(*store_);
  Health health(store, [this] { return now_; });
  EXPECT_TRUE(run(health.ready()));
  store.broken = true;
  EXPECT_TRUE(run(health.ready()));
  EXPECT_EQ(store.probes, 1);
  now_ += identity::Seconds(1);
  EXPECT_FALSE(run(health.ready()));
  store.broken = false;
  now_ += identity::Seconds(1);
  EXPECT_TRUE(run(health.ready()));
}

TEST(ReservedNames, built_in_and_added) {
  const ReservedNames names({"Gman"});
  for (const auto* name : {"postmaster", "abuse", "hostmaster", "webmaster", "security", "admin", "root", "gman"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_FALSE(names.contains("olivier"));
}

}  // namespace
}  // namespace pd::service::testing
