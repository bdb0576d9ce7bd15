#include "service/mailboxes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/key.h"
#include "service/refusal.h"

namespace pd::service {
namespace {

using identity::Address;
using identity::PrivateKey;
using identity::Seconds;
using identity::Signal;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Signal signal_of(const std::string& from, const PrivateKey& to, const PrivateKey& device, Seconds life = Seconds(60)) {
  const identity::Time now{Seconds(1'800'000'000)};
  return Signal::seal({Address::parse(from).value(), Address::parse("gordon@example.org").value(), now, now + life},
                      to.public_key(), "hello", device)
      .value();
}

class MailboxesTest : public ::testing::Test {
 protected:
  void make(Mailboxes::Bounds bounds) {
    mailboxes = std::make_unique<Mailboxes>(
        bounds, [this] { return now; }, metrics);
  }
  Signal made(const std::string& from = "olivier@example.org") { return signal_of(from, phone, laptop); }
  Signal put(const std::string& from = "olivier@example.org") {
    auto signal = made(from);
    mailboxes->take({signal});
    return signal;
  }
  std::unique_ptr<Listening> listen(const std::string& after = "", const PrivateKey* device = nullptr) {
    auto listening = mailboxes->listen((device ? *device : phone).public_key().id(), after);
    listening->begin([this] { ++woken; });
    return listening;
  }
  // The signals that are there now; the last id goes to last_id_.
  std::vector<std::string> all(Listening& listening) {
    std::vector<std::string> texts;
    while (auto event = listening.next()) {
      EXPECT_FALSE(event->replaced);
      last_id = event->id;
      texts.push_back(event->signal);
    }
    return texts;
  }
  Refused refusal(const std::function<void()>& work) {
    try {
      work();
    } catch (const Refusal& refusal) {
      return refusal.why();
    }
    ADD_FAILURE() << "it was not refused";
    return {};
  }
  // Takes it when it is not.
  bool is_known(const Signal& signal) {
    try {
      mailboxes->take({signal});
    } catch (const Refusal& refusal) {
      EXPECT_EQ(refusal.why(), Refused::signal_replayed);
      return true;
    }
    return false;
  }

  limit::Nanos now{std::chrono::seconds(1'000)};
  ops::Metrics metrics;
  PrivateKey phone = PrivateKey::generate();
  PrivateKey laptop = PrivateKey::generate();
  std::unique_ptr<Mailboxes> mailboxes = std::make_unique<Mailboxes>(
      Mailboxes::Bounds{}, [this] { return now; }, metrics);
  std::string last_id;
  int woken = 0;
};

TEST_F(MailboxesTest, who_listens_is_woken_and_gets_it) {
  const auto listening = listen();
  EXPECT_THAT(all(*listening), IsEmpty());
  const auto signal = put();
  EXPECT_EQ(woken, 1);
  EXPECT_THAT(all(*listening), ElementsAre(signal.text()));
  EXPECT_THAT(all(*listening), IsEmpty());
}

TEST_F(MailboxesTest, who_comes_later_gets_what_is_kept) {
  const auto first = put();
  const auto second = put();
  EXPECT_THAT(all(*listen()), ElementsAre(first.text(), second.text()));
  EXPECT_THAT(all(*listen()), ElementsAre(first.text(), second.text())) << "no id was given: all of it again";
}

TEST_F(MailboxesTest, who_comes_back_gets_what_came_after) {
  {
    const auto listening = listen();
    put();
    all(*listening);
  }
  const auto missed = put();
  EXPECT_THAT(all(*listen(last_id)), ElementsAre(missed.text()));
}

TEST_F(MailboxesTest, an_id_that_is_not_known_is_none) {
  const auto signal = put();
  all(*listen());
  for (const std::string& id : {std::string("x"), std::string("x.1"), last_id + "0", last_id + "x",
                                last_id.substr(0, last_id.find('.')) + ".18446744073709551616"}) {
    EXPECT_THAT(all(*listen(id)), ElementsAre(signal.text())) << id;
  }
}

TEST_F(MailboxesTest, an_id_of_a_box_that_is_gone_hides_nothing) {
  put();
  all(*listen());
  now += std::chrono::seconds(60);
  const auto fresh = put();
  EXPECT_THAT(all(*listen(last_id)), ElementsAre(fresh.text()));
}

TEST_F(MailboxesTest, a_device_gets_only_its_own) {
  put();
  EXPECT_THAT(all(*listen("", &laptop)), IsEmpty());
}

TEST_F(MailboxesTest, signals_are_kept_for_a_minute) {
  put();
  now += std::chrono::seconds(59);
  EXPECT_EQ(all(*listen()).size(), 1u);
  now += std::chrono::seconds(1);
  EXPECT_THAT(all(*listen()), IsEmpty());
  put();
  now += std::chrono::seconds(60);
  mailboxes->sweep();
  EXPECT_EQ(mailboxes->kept(), 0u);
  EXPECT_EQ(metrics.counter("pd_signals", "", {{"result", "expired"}}).value(), 1u) << "the other was delivered";
  EXPECT_EQ(metrics.counter("pd_signals", "", {{"result", "taken"}}).value(), 2u);
}

TEST_F(MailboxesTest, signals_are_kept_no_longer_than_they_live) {
  make({.of_sender = 2});
  put();
  const auto brief = [&] { return signal_of("olivier@example.org", phone, laptop, Seconds(30)); };
  mailboxes->take({brief()});
  EXPECT_EQ(refusal([&] { put(); }), Refused::rate_limited);
  now += std::chrono::seconds(29);
  EXPECT_EQ(all(*listen()).size(), 2u);
  now += std::chrono::seconds(1);
  EXPECT_EQ(all(*listen()).size(), 1u);
  mailboxes->take({brief()});
}

TEST_F(MailboxesTest, a_newer_stream_takes_the_place_of_the_older) {
  const auto older = listen();
  const auto newer = listen();
  EXPECT_EQ(woken, 1);
  const auto event = older->next();
  ASSERT_TRUE(event);
  EXPECT_TRUE(event->replaced);
  const auto signal = put();
  EXPECT_THAT(all(*newer), ElementsAre(signal.text()));
  EXPECT_EQ(mailboxes->streams(), 2u);
}

TEST_F(MailboxesTest, the_end_of_a_replaced_stream_leaves_the_newer_alone) {
  auto older = listen();
  const auto newer = listen();
  older.reset();
  EXPECT_EQ(mailboxes->streams(), 1u);
  put();
  EXPECT_EQ(all(*newer).size(), 1u);
}

TEST_F(MailboxesTest, a_stream_that_never_began_replaces_nobody) {
  const auto older = listen();
  mailboxes->listen(phone.public_key().id(), "").reset();
  EXPECT_FALSE(older->next());
}

TEST_F(MailboxesTest, the_same_signal_is_taken_once) {
  const auto signal = put();
  EXPECT_EQ(refusal([&] { mailboxes->take({signal}); }), Refused::signal_replayed);
  now += std::chrono::seconds(659);
  EXPECT_EQ(refusal([&] { mailboxes->take({signal}); }), Refused::signal_replayed);
  now += std::chrono::seconds(1);
  mailboxes->take({signal});
}

TEST_F(MailboxesTest, all_are_taken_or_none) {
  const auto old = put();
  const auto fresh = signal_of("olivier@example.org", laptop, laptop);
  EXPECT_EQ(refusal([&] { mailboxes->take({fresh, old}); }), Refused::signal_replayed);
  EXPECT_EQ(mailboxes->kept(), 1u);
  mailboxes->take({fresh});
}

TEST_F(MailboxesTest, a_sender_has_a_share_of_a_box) {
  make({.of_sender = 2});
  put();
  now += std::chrono::seconds(1);
  put();
  try {
    put();
    FAIL() << "it was taken";
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.why(), Refused::rate_limited);
    EXPECT_EQ(refusal.retry_after(), Seconds(59));
  }
  put("alyx@example.org");
  now += std::chrono::seconds(59);
  put();
}

TEST_F(MailboxesTest, a_full_box_loses_the_oldest_of_who_has_most) {
  make({.of_device = 4});
  const auto single = put("alyx@example.org");
  put();
  const auto second = put();
  const auto third = put();
  const auto fourth = put("barney@example.org");
  EXPECT_THAT(all(*listen()), ElementsAre(single.text(), second.text(), third.text(), fourth.text()));
}

TEST_F(MailboxesTest, a_box_of_one_has_the_latest) {
  make({.of_device = 1});
  put();
  const auto latest = put();
  EXPECT_THAT(all(*listen()), ElementsAre(latest.text()));
}

TEST_F(MailboxesTest, all_boxes_together_are_bounded) {
  make({.bytes = 10'000});
  for (int i = 0; i < 20; ++i)
    mailboxes->take({signal_of("olivier@example.org", PrivateKey::generate(), laptop)});
  EXPECT_EQ(mailboxes->kept(), 10'000 / (made().text().size() + 400));
}

TEST_F(MailboxesTest, who_floods_is_forgotten_first_and_nobody_is_refused) {  // SGN-15
  make({.remembered = 4});
  const auto rare = put("alyx@blackmesa.us");
  const auto first = put("breen@citadel.combine.example");
  const auto second = put("breen@nova.combine.example");
  put();
  const auto last = put("breen@combine.example");
  mailboxes->take({first});
  EXPECT_TRUE(is_known(rare));
  EXPECT_TRUE(is_known(last));
  EXPECT_FALSE(is_known(second));
  EXPECT_TRUE(is_known(rare)) << "after three of the flood, still";
}

TEST_F(MailboxesTest, what_has_expired_counts_for_nobody) {
  make({.remembered = 4});
  for (int i = 0; i < 4; ++i)
    put();
  now += std::chrono::seconds(1);
  put("alyx@blackmesa.us");
  now += std::chrono::seconds(659);
  const auto kept = put();
  put("breen@combine.example");
  put("breen@combine.example");
  const auto last = put("breen@combine.example");
  EXPECT_TRUE(is_known(kept));
  EXPECT_TRUE(is_known(last));
}

}  // namespace
}  // namespace pd::service
