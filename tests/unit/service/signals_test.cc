#include "service/signals.h"

#include "world.h"

namespace pd::service::testing {
namespace {

using identity::Json;
using identity::Seconds;
using identity::Signal;

identity::PrivateKey copy(const identity::PrivateKey& key) {
  return PrivateKey::from_seed(key.seed()).value();
}

class Signalling : public ServiceTest {
 protected:
  Signalling() {
    submit(olivier.create(), olivier.key);
    submit(gordon.create(), gordon.key);
  }

  std::string signal(const Somebody& from, const Somebody& to, const PrivateKey& signer) {
    return Signal::seal({from.state.address, to.state.address, now_, now_ + Seconds(60)}, to.device.public_key(),
                        "hello", signer)
        .value()
        .text();
  }
  std::string signal(const Somebody& from, const Somebody& to) { return signal(from, to, from.device); }

  identity::HttpRequest unsigned_post(const std::string& who, const Json& signals) {
    return {"POST", "https://example.org/v1/signals", Json{{"signals", signals}}.dump(), {{"pd-identity", who}}};
  }
  identity::HttpRequest post(const Somebody& who, const Json& signals, const PrivateKey& signer) {
    return sign(unsigned_post(who.state.address.text(), signals), signer, challenges_->issue(now_).text);
  }
  void send(const Somebody& who, const Json& signals) { run(signals_->send(post(who, signals, who.device))); }
  Why refused(const Somebody& who, const Json& signals) {
    return refusal([&] { send(who, signals); });
  }

  std::vector<std::string> received(const Somebody& who) {
    const auto listening = run(
        signals_->listen(sign({"GET", "https://example.org/v1/events", {}, {{"pd-identity", who.state.address.text()}}},
                              who.device, challenges_->issue(now_).text),
                         ""));
    listening->begin([] {});
    std::vector<std::string> texts;
    while (auto event = listening->next())
      texts.push_back(event->signal);
    return texts;
  }

  Somebody olivier{"olivier@example.org", now_};
  Somebody gordon{"gordon@example.org", now_};
};

TEST_F(Signalling, a_signal_reaches_the_device_that_it_is_for) {
  const auto text = signal(olivier, gordon);
  send(olivier, {text});
  EXPECT_EQ(received(gordon), std::vector{text});
  EXPECT_TRUE(received(olivier).empty());
}

TEST_F(Signalling, one_to_sixteen_of_them) {
  EXPECT_EQ(refused(olivier, Json::array()).rule, "SGN-20");
  EXPECT_EQ(refused(olivier, std::vector<std::string>(17, signal(olivier, gordon))).rule, "SGN-20");
  EXPECT_EQ(refused(olivier, {1}).rule, "SGN-20");
  EXPECT_EQ(refused(olivier, "text").rule, "SGN-20");
  EXPECT_EQ(refused(olivier, {signal(olivier, gordon), signal(olivier, gordon)}).rule, "SGN-20") << "one device twice";
  EXPECT_EQ(refused(olivier, {signal(olivier, gordon), signal(olivier, olivier)}).rule, "SGN-20") << "two receivers";
}

TEST_F(Signalling, the_unsigned_are_refused) {
  const auto request = unsigned_post("olivier@example.org", {signal(olivier, gordon)});
  EXPECT_EQ(refusal([&] { run(signals_->send(request)); }).refused, Refused::unsigned_request);
}

TEST_F(Signalling, only_the_device_that_signed_a_signal_sends_it) {
  EXPECT_EQ(refused(gordon, {signal(olivier, gordon)}), (Why{Refused::bad_record, "SGN-21"}));
  EXPECT_EQ(refused(olivier, {signal(olivier, gordon, gordon.device)}), (Why{Refused::bad_record, "SGN-21"}));
  EXPECT_EQ(refusal([&] {
              const auto by_identity_key = signal(olivier, gordon, olivier.key);
              run(signals_->send(post(olivier, {by_identity_key}, olivier.key)));
            }),
            (Why{Refused::bad_record, "SGN-11"}));
}

TEST_F(Signalling, a_signal_that_was_changed_is_refused) {
  auto text = signal(olivier, gordon);
  char& byte = text[text.rfind('.') + 1];
  byte = byte == 'A' ? 'B' : 'A';
  EXPECT_EQ(refused(olivier, {text}), (Why{Refused::bad_record, "JWS-10"}));
}

TEST_F(Signalling, a_signal_is_of_its_time) {
  const auto text = signal(olivier, gordon);
  now_ += Seconds(360);
  EXPECT_EQ(refused(olivier, {text}), (Why{Refused::bad_record, "SGN-12"}));
}

TEST_F(Signalling, a_signal_is_taken_once) {
  const auto text = signal(olivier, gordon);
  send(olivier, {text});
  EXPECT_EQ(refused(olivier, {text}).refused, Refused::signal_replayed);
  EXPECT_EQ(received(gordon).size(), 1u);
}

TEST_F(Signalling, nobody_gets_no_signals) {
  EXPECT_EQ(refused(olivier, {signal(olivier, Somebody("nobody@example.org", now_))}).refused, Refused::nobody);
}

TEST_F(Signalling, a_device_that_was_removed_gets_none) {
  const auto text = signal(olivier, gordon);
  gordon.state.devices = {{"other", PrivateKey::generate().public_key()}};
  submit(gordon.update(), gordon.key);
  EXPECT_EQ(refused(olivier, {text}).refused, Refused::device_removed);
}

TEST_F(Signalling, a_device_that_was_removed_sends_none) {
  const auto text = signal(olivier, gordon);
  const auto old = copy(olivier.device);
  olivier.state.devices = {{"other", PrivateKey::generate().public_key()}};
  submit(olivier.update(), olivier.key);
  EXPECT_EQ(refusal([&] { run(signals_->send(post(olivier, {text}, old))); }).refused, Refused::bad_request_signature);
}

TEST_F(Signalling, who_was_revoked_gets_none) {
  submit(gordon.next(OperationKind::revoke), gordon.key);
  EXPECT_EQ(refused(olivier, {signal(olivier, gordon)}).refused, Refused::device_removed);
}

TEST_F(Signalling, senders_have_a_rate) {
  rate_signals_.sender = {1, 2};
  assemble();
  send(olivier, {signal(olivier, gordon)});
  send(olivier, {signal(olivier, gordon)});
  EXPECT_EQ(refused(olivier, {signal(olivier, gordon)}).refused, Refused::rate_limited);
  steady_ += std::chrono::seconds(1);
  send(olivier, {signal(olivier, gordon)});
}

TEST_F(Signalling, a_signal_for_another_domain_is_passed_on) {
  const Somebody far{"gordon@blackmesa.us", now_};
  const Json signals = {signal(olivier, far)};
  send(olivier, signals);
  ASSERT_EQ(remote_.relayed.size(), 1u);
  EXPECT_EQ(remote_.relayed[0].first, domain("blackmesa.us"));
  EXPECT_EQ(Json::parse(remote_.relayed[0].second), (Json{{"signals", signals}}));
}

TEST_F(Signalling, what_the_other_domain_refuses_is_refused) {
  const Somebody far{"gordon@blackmesa.us", now_};
  const std::pair<const char*, Refused> refusals[] = {{"nobody", Refused::nobody},
                                                      {"device-removed", Refused::device_removed},
                                                      {"signal-replayed", Refused::signal_replayed},
                                                      {"rate-limited", Refused::rate_limited},
                                                      {"busy", Refused::busy}};
  for (const auto& [problem, why] : refusals) {
    remote_.relay_answer = {.taken = false, .problem = problem};
    EXPECT_EQ(refused(olivier, {signal(olivier, far)}).refused, why);
  }
}

TEST_F(Signalling, nothing_is_passed_on_that_is_not_in_order) {
  const Somebody far{"gordon@blackmesa.us", now_};
  refused(olivier, {signal(olivier, far, gordon.device)});
  refused(gordon, {signal(olivier, far)});
  refused(olivier, {signal(far, gordon)});
  EXPECT_TRUE(remote_.relayed.empty());
}

TEST_F(Signalling, only_a_device_listens) {
  const auto listen = [&](const PrivateKey& signer, const std::string& who = "olivier@example.org") {
    const auto request = sign({"GET", "https://example.org/v1/events", {}, {{"pd-identity", who}}}, signer,
                              challenges_->issue(now_).text);
    run(signals_->listen(request, ""));
  };
  EXPECT_EQ(refusal([&] { listen(olivier.key); }), (Why{Refused::bad_record, "EVT-1"}));
  EXPECT_EQ(refusal([&] { listen(gordon.device); }).refused, Refused::bad_request_signature);
  EXPECT_EQ(refusal([&] { listen(olivier.device, "olivier@blackmesa.us"); }).refused, Refused::wrong_domain);
  EXPECT_EQ(refusal([&] {
              run(signals_->listen({"GET", "https://example.org/v1/events", {}, {}}, ""));
            }).refused,
            Refused::unsigned_request);
}

}  // namespace
}  // namespace pd::service::testing
