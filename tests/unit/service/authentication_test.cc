#include "service/authentication.h"

#include "world.h"

namespace pd::service::testing {
namespace {

// A domain somewhere else, whose server and people ask us.
struct OtherDomain {
  explicit OtherDomain(const std::string& name, identity::Time now)
      : domain(testing::domain(name)), keys(identity::DomainKeys::create(domain, key, now)) {}

  identity::Descriptor descriptor(identity::Time now) const {
    const identity::DescriptorBody body{
        domain, 1, now, now + identity::Seconds(3600), "https://" + domain.text(), identity::RegistrationMode::open};
    return identity::Descriptor::sign(body, keys, key);
  }

  // What the Remote would give after it verified it.
  std::shared_ptr<const federation::RemoteResolution> resolution(const Somebody& who, identity::Time now) const {
    const identity::Head head{who.head->hash(), who.head->body().seq, who.head->body().seq + 1};
    identity::Resolution answer;
    answer.operations = {who.head->text()};
    answer.statement =
        identity::Statement::sign({who.state.address, head, now, now + identity::Seconds(3600)}, key).text();
    answer.domain = descriptor(now).json();
    auto verified = identity::verify_resolution(answer, who.state.address, keys, now).value();
    return std::make_shared<const federation::RemoteResolution>(federation::RemoteResolution{
        std::make_shared<const std::string>(answer.json()), std::move(verified), now + identity::Seconds(300)});
  }

  PrivateKey key = PrivateKey::generate();
  Domain domain;
  identity::DomainKeys keys;
};

class Asking : public ServiceTest {
 protected:
  Asking() {
    submit(olivier.create(), olivier.key);
    gordon.create();
    remote_.descriptors.emplace(blackmesa.domain, blackmesa.descriptor(now_));
    remote_.answers.emplace(gordon.state.address, blackmesa.resolution(gordon, now_));
  }

  identity::HttpRequest request(const std::string& who, const PrivateKey& signer,
                                std::string_view tag = identity::tag_user) {
    return sign({"GET", "https://example.org/v1/identities/olivier@example.org", {}, {{"pd-identity", who}}}, signer,
                challenges_->issue(now_).text, tag);
  }
  Why refused_caller(const identity::HttpRequest& request) {
    return refusal([&] { run(authentication_->caller(request)); });
  }
  Why refused_domain(const identity::HttpRequest& request) {
    return refusal([&] { run(authentication_->asking_domain(request)); });
  }
  identity::HttpRequest federated(const std::string& domain, const PrivateKey& signer) {
    return request(domain, signer, identity::tag_federation);
  }

  Somebody olivier{"olivier@example.org", now_};
  Somebody gordon{"gordon@blackmesa.us", now_};
  OtherDomain blackmesa{"blackmesa.us", now_};
};

TEST_F(Asking, a_device_and_the_identity_key_speak_for_their_owner) {
  EXPECT_EQ(run(authentication_->caller(request("olivier@example.org", olivier.device))).key,
            olivier.device.public_key());
  EXPECT_EQ(run(authentication_->caller(request("olivier@example.org", olivier.key))).key, olivier.key.public_key());
}

TEST_F(Asking, people_of_other_domains_speak_for_themselves_too) {
  const auto caller = run(authentication_->caller(request("gordon@blackmesa.us", gordon.device)));
  EXPECT_EQ(caller.address, gordon.state.address);
  EXPECT_EQ(remote_.asked, 1);
}

TEST_F(Asking, people_of_a_domain_that_we_do_not_admit_are_refused_before_it_is_asked) {
  remote_.denied.insert(blackmesa.domain);
  EXPECT_EQ(refused_caller(request("gordon@blackmesa.us", gordon.device)).refused, Refused::policy);
  EXPECT_EQ(remote_.asked, 0);
}

TEST_F(Asking, a_stranger_does_not_speak_for_anybody) {
  const auto stranger = PrivateKey::generate();
  EXPECT_EQ(refused_caller(request("olivier@example.org", stranger)).refused, Refused::bad_request_signature);
  EXPECT_EQ(refused_caller(request("olivier@example.org", gordon.device)).refused, Refused::bad_request_signature);
}

TEST_F(Asking, nobody_speaks_for_nobody) {
  EXPECT_EQ(refused_caller(request("nobody@example.org", olivier.device)).refused, Refused::bad_request_signature);
}

TEST_F(Asking, a_device_that_was_removed_is_silent) {
  const auto before = request("olivier@example.org", olivier.device);
  olivier.state.devices.clear();
  submit(olivier.update(), olivier.key);
  EXPECT_EQ(refused_caller(before).refused, Refused::bad_request_signature);
}

TEST_F(Asking, who_was_revoked_is_silent) {
  submit(olivier.next(OperationKind::revoke), olivier.key);
  EXPECT_EQ(refused_caller(request("olivier@example.org", olivier.device)).refused, Refused::bad_request_signature);
}

TEST_F(Asking, an_unsigned_request_is_refused) {
  EXPECT_EQ(refused_caller({"GET", "https://example.org/", {}, {{"pd-identity", "olivier@example.org"}}}).refused,
            Refused::unsigned_request);
}

TEST_F(Asking, a_signature_without_a_name_is_refused) {
  const auto nameless = sign({"GET", "https://example.org/", {}, {}}, olivier.device, challenges_->issue(now_).text);
  EXPECT_EQ(refused_caller(nameless).refused, Refused::bad_request_signature);
}

TEST_F(Asking, a_signature_over_another_request_is_refused) {
  const std::vector<std::pair<const char*, std::function<void(identity::HttpRequest&)>>> changes = {
      {"method", [](auto& request) { request.method = "PUT"; }},
      {"path", [](auto& request) { request.target_uri = "https://example.org/v1/identities/gordon@example.org"; }},
      {"host", [](auto& request) { request.target_uri = "https://blackmesa.us/v1/identities/olivier@example.org"; }},
      {"body", [](auto& request) { request.body = "another"; }},
  };
  for (const auto& [what, change] : changes) {
    auto changed = request("olivier@example.org", olivier.device);
    change(changed);
    EXPECT_EQ(refused_caller(changed).refused, Refused::bad_request_signature) << what;
  }
}

TEST_F(Asking, a_signature_in_anothers_name_is_refused) {
  Somebody alyx("alyx@example.org", now_);
  alyx.state.devices = olivier.state.devices;
  submit(alyx.create(), alyx.key);
  auto changed = request("olivier@example.org", olivier.device);
  changed.headers[0].second = "alyx@example.org";
  EXPECT_EQ(refused_caller(changed).refused, Refused::bad_request_signature);
}

TEST_F(Asking, a_signature_for_another_purpose_is_refused) {
  EXPECT_EQ(refused_caller(request("olivier@example.org", olivier.device, identity::tag_federation)).refused,
            Refused::bad_request_signature);
  EXPECT_EQ(refused_domain(request("blackmesa.us", blackmesa.key, identity::tag_user)).refused,
            Refused::bad_request_signature);
}

TEST_F(Asking, a_request_is_good_once) {
  const auto once = request("olivier@example.org", olivier.device);
  run(authentication_->caller(once));
  EXPECT_EQ(refused_caller(once).refused, Refused::challenge_used);
}

TEST_F(Asking, a_request_without_a_challenge_of_ours_is_refused) {
  const auto invented =
      sign({"GET", "https://example.org/", {}, {{"pd-identity", "olivier@example.org"}}}, olivier.device, "invented");
  EXPECT_EQ(refused_caller(invented).refused, Refused::challenge_unknown);
}

TEST_F(Asking, a_request_of_long_ago_is_refused) {
  const auto old = request("olivier@example.org", olivier.device);
  now_ += identity::Seconds(301);
  EXPECT_EQ(refused_caller(old).refused, Refused::bad_request_signature);
}

TEST_F(Asking, a_server_proves_its_domain) {
  EXPECT_EQ(run(authentication_->asking_domain(federated("blackmesa.us", blackmesa.key))), blackmesa.domain);
}

TEST_F(Asking, a_server_that_is_not_admitted_is_refused_unasked) {
  remote_.denied.insert(blackmesa.domain);
  remote_.descriptors.clear();
  EXPECT_EQ(refused_domain(federated("blackmesa.us", blackmesa.key)).refused, Refused::policy);
}

TEST_F(Asking, a_server_with_another_key_than_its_domains_is_refused) {
  EXPECT_EQ(refused_domain(federated("blackmesa.us", PrivateKey::generate())).refused, Refused::bad_request_signature);
}

TEST_F(Asking, a_server_without_a_domain_is_refused) {
  EXPECT_EQ(refused_domain(federated("not a domain", blackmesa.key)).refused, Refused::malformed);
}

TEST_F(Asking, too_many_requests_of_a_domain_are_refused_for_a_while) {
  rate_domain_ = {1, 2};
  assemble();
  run(authentication_->asking_domain(federated("blackmesa.us", blackmesa.key)));
  run(authentication_->caller(request("gordon@blackmesa.us", gordon.device)));
  EXPECT_EQ(refused_domain(federated("blackmesa.us", blackmesa.key)).refused, Refused::rate_limited);
  steady_ += std::chrono::seconds(1);
  run(authentication_->asking_domain(federated("blackmesa.us", blackmesa.key)));
}

TEST_F(Asking, requests_that_prove_nothing_are_not_counted_against_a_domain) {
  rate_domain_ = {1, 1};
  assemble();
  const auto stranger = PrivateKey::generate();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(refused_domain(federated("blackmesa.us", stranger)).refused, Refused::bad_request_signature);
  }
  run(authentication_->asking_domain(federated("blackmesa.us", blackmesa.key)));
}

}  // namespace
}  // namespace pd::service::testing
