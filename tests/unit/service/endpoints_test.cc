#include "service/endpoints.h"

#include "world.h"

namespace pd::service::testing {
namespace {

class Publishing : public ServiceTest {
 protected:
  Publishing() {
    submit(olivier.create(), olivier.key);
    submit(gordon.create(), gordon.key);
  }

  std::string record(const Somebody& who, const PrivateKey& device, identity::Seconds life = identity::Seconds(3600)) {
    return identity::EndpointRecord::sign(
               {who.state.address, now_, now_ + life, {identity::TcpEndpoint::parse("198.51.100.4:4433").value()}},
               device)
        .value()
        .text();
  }
  identity::HttpRequest put(const Somebody& who, const std::string& body, const PrivateKey& signer) {
    return sign({"PUT", "https://example.org/", body, {{"pd-identity", who.state.address.text()}}}, signer,
                challenges_->issue(now_).text);
  }
  void publish(const Somebody& who, const PrivateKey& device) {
    run(endpoints_->publish(who.state.address, device.public_key().id(), put(who, record(who, device), device)));
  }
  std::vector<std::string> ask(const std::string& callee, const Somebody& caller) {
    return run(endpoints_->of(address(callee),
                              sign({"GET", "https://example.org/", {}, {{"pd-identity", caller.state.address.text()}}},
                                   caller.device, challenges_->issue(now_).text)));
  }

  Somebody olivier{"olivier@example.org", now_};
  Somebody gordon{"gordon@example.org", now_};
};

TEST_F(Publishing, a_record_is_handed_to_who_says_who_they_are) {
  publish(gordon, gordon.device);
  EXPECT_EQ(ask("gordon@example.org", olivier), std::vector{record(gordon, gordon.device)});
}

TEST_F(Publishing, a_newer_record_takes_the_place_of_the_older) {
  publish(gordon, gordon.device);
  now_ += identity::Seconds(10);
  publish(gordon, gordon.device);
  EXPECT_EQ(ask("gordon@example.org", olivier), std::vector{record(gordon, gordon.device)});
}

TEST_F(Publishing, the_public_gets_nothing) {
  publish(gordon, gordon.device);
  EXPECT_EQ(refusal([&] {
              run(endpoints_->of(gordon.state.address, {"GET", "https://example.org/", {}, {}}));
            }).refused,
            Refused::unsigned_request);
}

TEST_F(Publishing, nobody_has_no_endpoints) {
  EXPECT_EQ(refusal([&] { ask("nobody@example.org", olivier); }).refused, Refused::nobody);
}

TEST_F(Publishing, an_expired_record_is_not_handed_out) {
  publish(gordon, gordon.device);
  now_ += identity::Seconds(3600);
  EXPECT_TRUE(ask("gordon@example.org", olivier).empty());
}

TEST_F(Publishing, the_record_of_a_removed_device_is_not_handed_out) {
  publish(gordon, gordon.device);
  gordon.state.devices = {{"other", PrivateKey::generate().public_key()}};
  submit(gordon.update(), gordon.key);
  EXPECT_TRUE(ask("gordon@example.org", olivier).empty());
}

TEST_F(Publishing, the_record_of_who_was_revoked_is_not_handed_out) {
  publish(gordon, gordon.device);
  submit(gordon.next(OperationKind::revoke), gordon.key);
  EXPECT_TRUE(ask("gordon@example.org", olivier).empty());
}

TEST_F(Publishing, what_is_no_record_is_refused) {
  EXPECT_EQ(refusal([&] {
              run(endpoints_->publish(gordon.state.address, gordon.device.public_key().id(),
                                      put(gordon, "eyJ", gordon.device)));
            }).refused,
            Refused::bad_record);
}

TEST_F(Publishing, a_record_under_another_device_is_refused) {
  EXPECT_EQ(refusal([&] {
              run(endpoints_->publish(gordon.state.address, olivier.device.public_key().id(),
                                      put(gordon, record(gordon, gordon.device), gordon.device)));
            }),
            (Why{Refused::bad_record, "EPS-2"}));
}

TEST_F(Publishing, a_request_signed_by_another_key_than_the_devices_is_refused) {
  EXPECT_EQ(refusal([&] {
              run(endpoints_->publish(gordon.state.address, gordon.device.public_key().id(),
                                      put(gordon, record(gordon, gordon.device), gordon.key)));
            }),
            (Why{Refused::bad_record, "EPS-2"}));
}

TEST_F(Publishing, nobody_publishes_for_somebody_else) {
  EXPECT_EQ(refusal([&] {
              run(endpoints_->publish(gordon.state.address, olivier.device.public_key().id(),
                                      put(olivier, record(gordon, olivier.device), olivier.device)));
            }),
            (Why{Refused::bad_record, "EPS-1"}));
}

TEST_F(Publishing, who_names_somebody_else_makes_us_ask_no_other_domain) {
  const Somebody stranger("stranger@blackmesa.us", now_);
  EXPECT_EQ(refusal([&] {
              run(endpoints_->publish(gordon.state.address, stranger.device.public_key().id(),
                                      put(stranger, record(gordon, stranger.device), stranger.device)));
            }),
            (Why{Refused::bad_record, "EPS-1"}));
  EXPECT_EQ(remote_.asked, 0);
}

TEST_F(Publishing, a_record_about_another_address_is_refused) {
  EXPECT_EQ(refusal([&] {
              run(endpoints_->publish(gordon.state.address, gordon.device.public_key().id(),
                                      put(gordon, record(olivier, gordon.device), gordon.device)));
            }),
            (Why{Refused::bad_record, "EP-5"}));
}

TEST_F(Publishing, the_identity_key_is_no_device) {
  EXPECT_EQ(refusal([&] {
              run(endpoints_->publish(gordon.state.address, gordon.key.public_key().id(),
                                      put(gordon, record(gordon, gordon.key), gordon.key)));
            }),
            (Why{Refused::bad_record, "EP-6"}));
}

TEST_F(Publishing, an_expired_record_is_refused) {
  const auto old = record(gordon, gordon.device);
  now_ += identity::Seconds(3600);
  EXPECT_EQ(refusal([&] {
              run(endpoints_->publish(gordon.state.address, gordon.device.public_key().id(),
                                      put(gordon, old, gordon.device)));
            }),
            (Why{Refused::bad_record, "EP-7"}));
}

}  // namespace
}  // namespace pd::service::testing
