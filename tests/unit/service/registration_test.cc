#include "service/registration.h"

#include "forwarding_store.h"
#include "world.h"

namespace pd::service::testing {
namespace {

class Registering : public ServiceTest {
 protected:
  Somebody olivier{"olivier@example.org", now_};

  Why refused(const Operation& operation, const PrivateKey& signer) {
    return refusal([&] { submit(operation, signer); });
  }
};

TEST_F(Registering, a_create_registers_and_an_update_changes) {
  const auto created = submit(olivier.create(), olivier.key);
  EXPECT_TRUE(created.created);
  verified(created.answer, "olivier@example.org");

  const auto phone = PrivateKey::generate();
  olivier.state.devices.push_back({"phone", phone.public_key()});
  const auto updated = submit(olivier.update(), olivier.key);
  EXPECT_FALSE(updated.created);
  const auto now = std::get<identity::VerifiedIdentity>(verified(updated.answer, "olivier@example.org"));
  EXPECT_TRUE(now.has_device(phone.public_key()));
  EXPECT_EQ(now.history().operations().size(), 2u);
}

TEST_F(Registering, the_same_operation_again_is_a_success) {
  submit(olivier.create(), olivier.key);
  EXPECT_FALSE(submit(*olivier.head, olivier.key).created);
  submit(olivier.update(), olivier.key);
  const auto again = submit(*olivier.head, olivier.key);
  const auto now = std::get<identity::VerifiedIdentity>(verified(again.answer, "olivier@example.org"));
  EXPECT_EQ(now.history().operations().size(), 2u);
}

TEST_F(Registering, an_operation_before_the_newest_is_out_of_order) {
  const auto create = olivier.create();
  submit(create, olivier.key);
  submit(olivier.update(), olivier.key);
  EXPECT_EQ(refused(create, olivier.key).refused, Refused::name_taken);
  const auto skipped = olivier.sign(olivier.body(OperationKind::update));
  olivier.head = skipped;
  EXPECT_EQ(refused(olivier.update(), olivier.key), (Why{Refused::bad_record, "HIST-3"}));
}

TEST_F(Registering, an_update_for_nobody_is_out_of_order) {
  olivier.create();
  EXPECT_EQ(refused(olivier.update(), olivier.key), (Why{Refused::bad_record, "REG-4"}));
}

TEST_F(Registering, what_is_no_operation_is_refused) {
  auto given = submission(olivier.create(), olivier.key);
  given.request.body = "eyJ";
  EXPECT_EQ(refusal([&] { run(registration_->submit(given)); }).refused, Refused::bad_record);
}

TEST_F(Registering, an_operation_for_another_address_is_refused) {
  auto given = submission(olivier.create(), olivier.key);
  given.address = address("gordon@example.org");
  EXPECT_EQ(refusal([&] { run(registration_->submit(given)); }), (Why{Refused::bad_record, "REG-2"}));
}

TEST_F(Registering, an_operation_of_a_stranger_is_refused) {
  submit(olivier.create(), olivier.key);
  const auto stranger = PrivateKey::generate();
  const auto forged = Operation::sign(olivier.body(OperationKind::update), stranger).value();
  EXPECT_EQ(refused(forged, stranger), (Why{Refused::bad_record, "REG-3"}));
}

TEST_F(Registering, a_create_signed_by_another_than_its_own_key_is_refused) {
  const auto stranger = PrivateKey::generate();
  const auto forged = Operation::sign(olivier.body(OperationKind::create), stranger).value();
  EXPECT_EQ(refused(forged, stranger), (Why{Refused::bad_record, "REG-3"}));
}

TEST_F(Registering, a_forged_operation_is_refused) {
  submit(olivier.create(), olivier.key);
  const auto update = olivier.sign(olivier.body(OperationKind::update));
  std::string text = update.text();
  text[text.size() - 20] = text[text.size() - 20] == 'A' ? 'B' : 'A';
  const auto forged = Operation::parse(text).value();
  const auto why = refused(forged, olivier.key);
  EXPECT_EQ(why.refused, Refused::bad_record);
  EXPECT_TRUE(why.rule.starts_with("JWS-")) << why.rule;
}

TEST_F(Registering, an_operation_of_long_ago_or_of_the_future_is_refused) {
  for (const auto skew : {identity::Seconds(-301), identity::Seconds(301)}) {
    Somebody late("olivier@example.org", now_ + skew);
    EXPECT_EQ(refused(late.create(), late.key), (Why{Refused::bad_record, "HIST-12"}));
  }
}

TEST_F(Registering, the_request_must_be_signed) {
  auto given = submission(olivier.create(), olivier.key);
  given.request.headers.clear();
  EXPECT_EQ(refusal([&] { run(registration_->submit(given)); }).refused, Refused::unsigned_request);
}

TEST_F(Registering, the_request_must_be_signed_by_the_key_of_the_operation) {
  EXPECT_EQ(refused(olivier.create(), olivier.device).refused, Refused::bad_request_signature);
  EXPECT_FALSE(resolve("olivier@example.org")->present);
}

TEST_F(Registering, a_challenge_works_once) {
  const auto nonce = challenges_->issue(now_).text;
  const auto put = [&](const Operation& operation) {
    run(registration_->submit({olivier.state.address, signed_put(operation, olivier.key, nonce), {}, "here"}));
  };
  put(olivier.create());
  EXPECT_EQ(refusal([&] { put(olivier.update()); }).refused, Refused::challenge_used);
}

TEST_F(Registering, a_name_that_is_taken_is_refused) {
  submit(olivier.create(), olivier.key);
  Somebody other("olivier@example.org", now_);
  EXPECT_EQ(refused(other.create(), other.key).refused, Refused::name_taken);
}

TEST_F(Registering, a_name_that_was_revoked_is_refused) {
  submit(olivier.create(), olivier.key);
  submit(olivier.next(OperationKind::revoke), olivier.key);
  Somebody other("olivier@example.org", now_);
  EXPECT_EQ(refused(other.create(), other.key).refused, Refused::name_taken);
}

TEST_F(Registering, a_name_that_was_removed_is_refused) {
  submit(olivier.create(), olivier.key);
  EXPECT_TRUE(run(store_->tombstone(olivier.state.address, now_)));
  Somebody other("olivier@example.org", now_);
  EXPECT_EQ(refused(other.create(), other.key).refused, Refused::name_tombstoned);
  EXPECT_EQ(refused(olivier.update(), olivier.key).refused, Refused::bad_record);
}

TEST_F(Registering, a_name_that_the_administrator_keeps_is_refused) {
  run(store_->reserve(olivier.state.address, now_));
  EXPECT_EQ(refused(olivier.create(), olivier.key).refused, Refused::name_reserved);
}

TEST_F(Registering, built_in_and_configured_names_are_refused) {
  for (const auto* name : {"postmaster@example.org", "root@example.org", "gman@example.org"}) {
    Somebody other(name, now_);
    EXPECT_EQ(refused(other.create(), other.key).refused, Refused::name_reserved) << name;
  }
}

// Somebody else's write between our read and ours.
class Contended : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  awaitable<store::AppendOutcome> append(store::Append append) override {
    if (conflicts-- > 0) co_return store::AppendOutcome::conflict;
    co_return co_await ForwardingStore::append(std::move(append));
  }
  int conflicts = 0;
};

TEST_F(Registering, a_conflict_is_tried_again) {
  Contended store(*store_);
  assemble_around(store);
  store.conflicts = 3;
  EXPECT_TRUE(submit(olivier.create(), olivier.key).created);
}

TEST_F(Registering, endless_conflicts_are_given_up) {
  Contended store(*store_);
  assemble_around(store);
  store.conflicts = 1000;
  EXPECT_EQ(refused(olivier.create(), olivier.key).refused, Refused::conflict);
  EXPECT_GT(store.conflicts, 900);
}

class ByInvite : public ServiceTest {
 protected:
  ByInvite() : ServiceTest(identity::RegistrationMode::invite) {}

  Somebody olivier{"olivier@example.org", now_};

  Accepted submit_with(const Somebody& who, std::optional<std::string> invite) {
    auto given = submission(*who.head, who.key);
    given.invite = std::move(invite);
    return run(registration_->submit(std::move(given)));
  }
};

TEST_F(ByInvite, a_code_admits_as_often_as_it_says) {
  const auto invite = run(store_->create_invite(1, now_, now_ + identity::Seconds(3600), "for olivier"));
  olivier.create();
  EXPECT_TRUE(submit_with(olivier, invite.code).created);
  EXPECT_FALSE(submit_with(olivier, invite.code).created) << "a repeated request costs no second invitation";
  Somebody gordon("gordon@example.org", now_);
  gordon.create();
  EXPECT_EQ(refusal([&] { submit_with(gordon, invite.code); }).refused, Refused::invite_unknown);
}

TEST_F(ByInvite, without_a_code_or_with_a_wrong_one_nobody_comes_in) {
  olivier.create();
  EXPECT_EQ(refusal([&] { submit_with(olivier, {}); }).refused, Refused::invite_required);
  EXPECT_EQ(refusal([&] { submit_with(olivier, "guessed"); }).refused, Refused::invite_unknown);
  EXPECT_FALSE(resolve("olivier@example.org")->present);
}

TEST_F(ByInvite, an_expired_code_is_unknown) {
  const auto invite = run(store_->create_invite(1, now_, now_ + identity::Seconds(10), ""));
  now_ += identity::Seconds(10);
  olivier.create();
  EXPECT_EQ(refusal([&] { submit_with(olivier, invite.code); }).refused, Refused::invite_unknown);
}

TEST_F(ByInvite, changing_needs_none) {
  const auto invite = run(store_->create_invite(1, now_, now_ + identity::Seconds(3600), ""));
  olivier.create();
  submit_with(olivier, invite.code);
  olivier.update();
  submit_with(olivier, {});
}

class Closed : public ServiceTest {
 protected:
  Closed() : ServiceTest(identity::RegistrationMode::closed) {}
};

TEST_F(Closed, nobody_comes_in) {
  Somebody olivier("olivier@example.org", now_);
  EXPECT_EQ(refusal([&] { submit(olivier.create(), olivier.key); }).refused, Refused::registration_closed);
}

TEST_F(Closed, who_is_there_may_change) {
  Somebody olivier("olivier@example.org", now_);
  mode_ = identity::RegistrationMode::open;
  assemble();
  submit(olivier.create(), olivier.key);
  mode_ = identity::RegistrationMode::closed;
  assemble();
  submit(olivier.update(), olivier.key);
}

}  // namespace
}  // namespace pd::service::testing
