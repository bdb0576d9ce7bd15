#include "service/directory.h"

#include "forwarding_store.h"
#include "world.h"

namespace pd::service::testing {
namespace {

using identity::VerifiedAbsence;
using identity::VerifiedIdentity;

// Counts what is read, and can do something between a read and what is made of it.
class Watched : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  awaitable<store::Lookup> find(Address address) override {
    ++finds;
    if (failing) throw store::Failure("as the test wants it");
    auto found = co_await ForwardingStore::find(std::move(address));
    if (after_find) std::exchange(after_find, nullptr)();
    co_return found;
  }
  std::uint64_t outside_changes() const override { return changes; }

  int finds = 0;
  bool failing = false;
  std::uint64_t changes = 0;
  std::function<void()> after_find;
};

class Resolving : public ServiceTest {
 protected:
  Resolving() {
    submit(olivier.create(), olivier.key);
    assemble_around(watched);
  }

  Somebody olivier{"olivier@example.org", now_};
  Watched watched{*store_};
};

TEST_F(Resolving, an_answer_verifies) {
  const auto answer = resolve("olivier@example.org");
  EXPECT_TRUE(answer->present);
  EXPECT_EQ(answer->max_age, identity::Seconds(300));
  const auto identity = std::get<VerifiedIdentity>(verified(answer, "olivier@example.org"));
  EXPECT_EQ(identity.history().head().hash(), olivier.head->hash());
  EXPECT_EQ(identity.statement().body().issued, now_);
  EXPECT_EQ(identity.statement().body().expires, now_ + identity::Seconds(24 * 3600));
}

TEST_F(Resolving, an_absence_verifies) {
  const auto answer = resolve("nobody@example.org");
  EXPECT_FALSE(answer->present);
  EXPECT_LE(answer->max_age, identity::Seconds(60));
  EXPECT_TRUE(std::holds_alternative<VerifiedAbsence>(verified(answer, "nobody@example.org")));
}

TEST_F(Resolving, the_second_answer_is_ready) {
  EXPECT_EQ(directory_->ready(address("olivier@example.org")), nullptr);
  const auto first = resolve("olivier@example.org");
  const auto absent = resolve("nobody@example.org");
  watched.finds = 0;
  EXPECT_EQ(resolve("olivier@example.org"), first);
  EXPECT_EQ(resolve("nobody@example.org"), absent);
  EXPECT_EQ(directory_->ready(address("olivier@example.org")), first);
  EXPECT_EQ(watched.finds, 0);
}

TEST_F(Resolving, a_change_shows_at_once) {
  resolve("olivier@example.org");
  submit(olivier.update(), olivier.key);
  const auto now = std::get<VerifiedIdentity>(verified(resolve("olivier@example.org"), "olivier@example.org"));
  EXPECT_EQ(now.history().operations().size(), 2u);
}

TEST_F(Resolving, who_was_absent_is_found_once_registered) {
  EXPECT_FALSE(resolve("gordon@example.org")->present);
  Somebody gordon("gordon@example.org", now_);
  submit(gordon.create(), gordon.key);
  EXPECT_TRUE(resolve("gordon@example.org")->present);
}

TEST_F(Resolving, an_answer_read_before_a_change_is_not_kept) {
  watched.after_find = [this] { directory_->changed(address("olivier@example.org")); };
  resolve("olivier@example.org");
  EXPECT_EQ(directory_->ready(address("olivier@example.org")), nullptr);
}

TEST_F(Resolving, what_the_administrator_changes_shows_at_once) {
  resolve("olivier@example.org");
  EXPECT_TRUE(run(store_->tombstone(address("olivier@example.org"), now_)));
  ++watched.changes;
  const auto answer = resolve("olivier@example.org");
  EXPECT_FALSE(answer->present);
  EXPECT_TRUE(std::get<VerifiedAbsence>(verified(answer, "olivier@example.org")).removed()) << "PIN-3: and it says so";
}

TEST_F(Resolving, a_statement_is_signed_again_in_the_middle_of_its_life) {
  const auto first = resolve("olivier@example.org");
  now_ += identity::Seconds(12 * 3600 - 1);
  EXPECT_EQ(resolve("olivier@example.org"), first);
  now_ += identity::Seconds(1);
  const auto second = resolve("olivier@example.org");
  EXPECT_NE(second, first);
  EXPECT_NE(second->etag, first->etag);
  const auto verified_again = std::get<VerifiedIdentity>(verified(second, "olivier@example.org"));
  EXPECT_EQ(verified_again.statement().body().issued, now_);
}

TEST_F(Resolving, random_names_do_not_drive_out_real_ones) {
  resolve("olivier@example.org");
  for (int i = 0; i < 5'000; ++i)
    resolve("x" + std::to_string(i) + "@example.org");
  EXPECT_NE(directory_->ready(address("olivier@example.org")), nullptr);
  EXPECT_EQ(directory_->ready(address("x0@example.org")), nullptr) << "absences are bounded";
}

TEST_F(Resolving, a_broken_store_is_an_error_and_nothing_is_kept) {
  watched.failing = true;
  EXPECT_THROW(resolve("olivier@example.org"), store::Failure);
  watched.failing = false;
  EXPECT_TRUE(resolve("olivier@example.org")->present);
}

TEST_F(Resolving, who_has_ended_has_no_key) {
  auto person = run(directory_->person(address("olivier@example.org")));
  ASSERT_TRUE(person);
  EXPECT_EQ(person->key(olivier.device.public_key().id()), olivier.device.public_key());
  EXPECT_EQ(person->key(olivier.key.public_key().id()), olivier.key.public_key());
  EXPECT_FALSE(person->key(olivier.recovery.public_key().id()));
  submit(olivier.next(OperationKind::revoke), olivier.key);
  person = run(directory_->person(address("olivier@example.org")));
  EXPECT_FALSE(person->key(olivier.device.public_key().id()));
  EXPECT_FALSE(person->key(olivier.key.public_key().id()));
  EXPECT_FALSE(run(directory_->person(address("nobody@example.org"))));
}

TEST_F(Resolving, foreign_names_are_asked_for_elsewhere) {
  remote_.failing = federation::Trouble::refused_by_policy;
  EXPECT_THROW(resolve("gordon@blackmesa.us"), federation::RemoteError);
  EXPECT_EQ(remote_.asked, 1);
  EXPECT_EQ(watched.finds, 0);
}

TEST(Reading, an_address_must_be_one) {
  EXPECT_THROW(Home::address("not an address"), Refusal);
}

TEST_F(Resolving, an_address_of_another_domain_is_not_ours) {
  EXPECT_EQ(refusal([&] { home_->own_address("gordon@blackmesa.us"); }).refused, Refused::wrong_domain);
}

}  // namespace
}  // namespace pd::service::testing
