#include "directory/pins.h"

#include <gtest/gtest.h>

#include <filesystem>

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
    pins.keep(identity::Descriptor::from_json(domain_.domain(), domain_.descriptor()).value(), false, sample::at(1));
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
  const auto descriptor = identity::Descriptor::from_json(domain_.domain(), domain_.descriptor()).value();
  Pins pins(file_);
  pins.keep(descriptor, true, sample::at(1));
  pins.keep(descriptor, false, sample::at(2));
  EXPECT_TRUE(pins.domain(domain_.domain())->confirmed);
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
  Database(file_, std::vector<std::string_view>(1, "")).run("PRAGMA user_version = 2");
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
