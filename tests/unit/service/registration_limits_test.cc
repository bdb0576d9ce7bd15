#include "world.h"

namespace pd::service::testing {
namespace {

class RegistrationLimits : public ServiceTest {
 protected:
  Somebody olivier{"olivier@example.org", now_};

  Why refused(const Operation& operation, const PrivateKey& signer) {
    return refusal([&] { submit(operation, signer); });
  }
};

TEST_F(RegistrationLimits, too_many_from_one_place_are_refused_for_a_while) {
  rate_registration_ = {0.5, 2};
  assemble();
  std::vector<Somebody> many;
  for (const auto* name : {"a@example.org", "b@example.org", "c@example.org"})
    many.emplace_back(name, now_);
  submit(many[0].create(), many[0].key);
  submit(many[1].create(), many[1].key);
  EXPECT_EQ(refused(many[2].create(), many[2].key).refused, Refused::rate_limited);
  submit(many[0].update(), many[0].key);
  steady_ += std::chrono::seconds(2);
  submit(*many[2].head, many[2].key);
}

TEST_F(RegistrationLimits, too_many_requests_of_one_account_are_refused_for_a_while) {
  rate_account_ = {1, 1};
  assemble();
  submit(olivier.create(), olivier.key);
  submit(olivier.update(), olivier.key);
  EXPECT_EQ(refused(olivier.update(), olivier.key).refused, Refused::rate_limited);
  steady_ += std::chrono::seconds(1);
  submit(*olivier.head, olivier.key);
}

TEST_F(RegistrationLimits, a_stranger_does_not_use_up_what_an_account_may_ask) {
  rate_account_ = {1, 3};
  assemble();
  submit(olivier.create(), olivier.key);
  const auto stranger = PrivateKey::generate();
  const auto recover = Operation::sign(olivier.body(OperationKind::recover), stranger, true).value();
  const auto revoke = Operation::sign(olivier.body(OperationKind::revoke), stranger, true).value();
  Somebody other("olivier@example.org", now_);
  const auto create = other.create();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(refused(recover, stranger), (Why{Refused::bad_record, "HIST-8"}));
    EXPECT_EQ(refused(revoke, stranger), (Why{Refused::bad_record, "HIST-7"}));
    EXPECT_EQ(refused(create, other.key).refused, Refused::name_taken);
  }
  submit(olivier.update(), olivier.key);
  submit(olivier.update(), olivier.key);
}

TEST_F(RegistrationLimits, a_name_that_is_free_has_nothing_to_use_up) {
  rate_account_ = {1, 1};
  assemble();
  Somebody stranger("olivier@example.org", now_ - identity::Seconds(3600));
  const auto stale = stranger.create();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(refused(stale, stranger.key), (Why{Refused::bad_record, "HIST-12"}));
  submit(olivier.create(), olivier.key);
  submit(olivier.update(), olivier.key);
}

TEST_F(RegistrationLimits, a_key_that_was_replaced_uses_up_nothing) {
  rate_account_ = {1, 2};
  assemble();
  submit(olivier.create(), olivier.key);
  const auto late = olivier.sign(olivier.body(OperationKind::update));
  const auto stolen = PrivateKey::from_seed(olivier.key.seed()).value();
  const auto fresh = PrivateKey::generate();
  olivier.state.identity_key = fresh.public_key();
  submit(olivier.update(), olivier.key);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(refused(late, stolen), (Why{Refused::bad_record, "HIST-3"}));
  const auto next = Operation::sign(olivier.body(OperationKind::update), fresh).value();
  submit(next, fresh);
}

TEST_F(RegistrationLimits, a_recovery_counts_against_its_account) {
  rate_account_ = {1, 1};
  assemble();
  submit(olivier.create(), olivier.key);
  const auto recover = Operation::sign(olivier.body(OperationKind::recover), olivier.recovery, true).value();
  submit(recover, olivier.recovery);
  EXPECT_EQ(refused(recover, olivier.recovery).refused, Refused::rate_limited);
}

}  // namespace
}  // namespace pd::service::testing
