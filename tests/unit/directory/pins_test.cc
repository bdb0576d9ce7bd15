#include "directory/pins.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "world.h"

namespace pd::directory {
namespace {

namespace sample = identity::sample;
using test::Authority;
using test::FakeDomain;
using test::must;

class PinsTest : public ::testing::Test {
 protected:
  identity::VerifiedIdentity verified(const identity::History& history) const {
    const auto keys = identity::Descriptor::from_json(domain_.domain(), domain_.descriptor()).value().keys();
    return std::get<identity::VerifiedIdentity>(
        identity::verify_resolution(domain_.resolution(history), history.address(), keys, sample::at(10)).value());
  }

  identity::Descriptor descriptor(std::uint64_t seq) const {
    return identity::Descriptor::from_json(domain_.domain(), domain_.descriptor(seq)).value();
  }

  const Authority authority_;
  FakeDomain domain_{authority_, "example.org"};
  const identity::Address olivier_ = sample::address("olivier@example.org");
  const identity::History history_ = identity::History::start(sample::create()).value();
  test::Folder folder_;
  std::filesystem::path file_ = folder_.path() / "contacts.db";
};

TEST_F(PinsTest, RemembersAcrossProcesses) {
  {
    Pins pins(file_);
    must(pins.see(verified(history_), sample::at(1)));
    pins.mark_verified(olivier_, history_.state().identity_key);
    EXPECT_TRUE(pins.set_name(olivier_, "Olivier ☂"));
    EXPECT_TRUE(pins.keep(descriptor(1), false, sample::at(1)));
  }
  const Pins pins(file_);
  const auto contact = pins.contact(olivier_);
  ASSERT_TRUE(contact);
  EXPECT_EQ(contact->pin, (identity::Pin{history_.genesis(), history_.head().hash()}));
  EXPECT_EQ(contact->identity_key, history_.state().identity_key);
  EXPECT_EQ(contact->verified_key, history_.state().identity_key);
  EXPECT_EQ(contact->name, "Olivier ☂");
  EXPECT_EQ(contact->first_seen, sample::at(1));
  EXPECT_EQ(pins.contacts().size(), 1u);
  EXPECT_FALSE(pins.domain(domain_.domain())->confirmed);
  EXPECT_EQ(pins.domains().size(), 1u);
}

TEST_F(PinsTest, SeeingAgainKeepsWhatTheOwnerSaid) {
  Pins pins(file_);
  must(pins.see(verified(history_), sample::at(1)));
  pins.mark_verified(olivier_, history_.state().identity_key);
  pins.set_name(olivier_, "O");
  must(pins.see(verified(history_), sample::at(5)));
  const auto contact = pins.contact(olivier_);
  EXPECT_EQ(contact->name, "O");
  EXPECT_TRUE(contact->verified_key);
  EXPECT_EQ(contact->first_seen, sample::at(1));
  EXPECT_EQ(contact->last_seen, sample::at(5));
}

TEST_F(PinsTest, NeverGoesBack) {
  auto longer = history_;
  must(longer.append(sample::sign(sample::following(longer.head(), identity::OperationKind::update))));
  Pins pins(file_);
  must(pins.see(verified(longer), sample::at(1)));
  const auto back = pins.see(verified(history_), sample::at(2));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().reason, identity::Reason::out_of_order);
  EXPECT_EQ(pins.contact(olivier_)->pin.head, longer.head().hash());
  EXPECT_EQ(pins.contact(olivier_)->last_seen, sample::at(1));
}

TEST_F(PinsTest, AConfirmedDomainStaysConfirmed) {
  Pins pins(file_);
  EXPECT_TRUE(pins.keep(descriptor(1), true, sample::at(1)).value().confirmed);
  EXPECT_TRUE(pins.keep(descriptor(1), false, sample::at(2)).value().confirmed);
  EXPECT_TRUE(pins.domain(domain_.domain())->confirmed);
}

TEST_F(PinsTest, ANewerDescriptorStays) {
  Pins pins(file_);
  const auto before_rotation = descriptor(2);
  must(pins.keep(descriptor(3), false, sample::at(1)).map([](const DomainPin&) {}));
  EXPECT_EQ(pins.keep(before_rotation, true, sample::at(2)).value().descriptor.body().seq, 3u);
  EXPECT_TRUE(pins.domain(domain_.domain())->confirmed) << "the same keys were seen at the domain itself";
  domain_.rotate("next domain");
  EXPECT_EQ(pins.keep(descriptor(4), true, sample::at(3)).value().descriptor.body().seq, 4u);
  EXPECT_EQ(pins.keep(before_rotation, true, sample::at(4)).value().descriptor.keys().current(),
            sample::key("next domain").public_key());
  EXPECT_EQ(pins.domain(domain_.domain())->descriptor.body().seq, 4u);
}

TEST_F(PinsTest, KeysThatDoNotContinueAreNotKept) {
  Pins pins(file_);
  const FakeDomain usurper(authority_, "example.org", "usurper");
  const auto other = identity::Descriptor::from_json(usurper.domain(), usurper.descriptor(9)).value();
  const auto first = pins.keep(descriptor(1), true, sample::at(1)).value().descriptor;
  const auto kept = pins.keep(other, true, sample::at(2));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().reason, identity::Reason::wrong_key);
  EXPECT_EQ(pins.domain(domain_.domain())->descriptor.json(), first.json());
  EXPECT_EQ(pins.domain(domain_.domain())->last_seen, sample::at(1));
}

TEST_F(PinsTest, TheNewestStaysWhateverTheOrderInWhichProcessesComeToKeepIt) {
  std::vector<identity::Descriptor> all;
  for (std::uint64_t seq = 1; seq <= 24; ++seq)
    all.push_back(descriptor(seq));
  std::vector<std::thread> processes;
  for (std::size_t first = 0; first < 4; ++first) {
    processes.emplace_back([&, first] {
      Pins pins(file_);
      for (std::size_t i = first; i < all.size(); i += 4)
        EXPECT_TRUE(pins.keep(all[all.size() - 1 - i], false, sample::at(1)));
    });
  }
  for (auto& process : processes)
    process.join();
  EXPECT_EQ(Pins(file_).domain(domain_.domain())->descriptor.body().seq, 24u);
}

TEST_F(PinsTest, ForgetsWhatItIsToldTo) {
  Pins pins(file_);
  EXPECT_FALSE(pins.forget(olivier_));
  EXPECT_FALSE(pins.set_name(olivier_, "O"));
  must(pins.see(verified(history_), sample::at(1)));
  EXPECT_TRUE(pins.forget(olivier_));
  EXPECT_FALSE(pins.contact(olivier_));
  EXPECT_FALSE(pins.forget(domain_.domain()));
}

TEST_F(PinsTest, IsForItsOwnerAlone) {
  using std::filesystem::perms;
  const Pins pins(file_);
  EXPECT_EQ(std::filesystem::status(file_).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(PinsTest, RefusesAFileOfALaterVersion) {
  { const Pins pins(file_); }
  Database(file_, std::vector<std::string_view>(2, "")).run("PRAGMA user_version = 3");
  EXPECT_THROW(Pins{file_}, Failure);
}

TEST_F(PinsTest, RefusesAFileThatIsNoDatabase) {
  FILE* file = std::fopen(file_.c_str(), "w");
  std::fputs("this is not a database, although it is long enough to look at", file);
  std::fclose(file);
  EXPECT_THROW(Pins{file_}, Failure);
}

}  // namespace
}  // namespace pd::directory
