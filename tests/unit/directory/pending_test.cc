#include "directory/pending.h"

#include <gtest/gtest.h>

#include "directory/file.h"
#include "folder.h"
#include "identity/sample.h"

namespace pd::directory {
namespace {

namespace sample = identity::sample;

identity::Secret sesame() {
  return identity::Secret(std::string("sesame"));
}

class PendingTest : public ::testing::Test {
 protected:
  Pending save(const identity::Secret& passphrase = {}) {
    return Pending::save(home_, {Change::registration, address_, "laptop", identity_.public_key()},
                         {identity_, &device_, &recovery_}, passphrase);
  }
  bool exists(const char* name) const { return std::filesystem::exists(home_.path() / name); }

  test::Folder folder_;
  Home home_{folder_.path() / "home"};
  identity::Address address_ = sample::address("olivier@example.org");
  identity::PrivateKey identity_ = sample::key("identity");
  identity::PrivateKey device_ = sample::key("laptop");
  identity::PrivateKey recovery_ = sample::key("recovery 0");
};

TEST_F(PendingTest, IsThereUntilItIsFinished) {
  EXPECT_FALSE(Pending::load(home_));
  save();
  const auto begun = Pending::load(home_);
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->intent().kind, Change::registration);
  EXPECT_EQ(begun->intent().address, address_);
  EXPECT_EQ(begun->intent().device, "laptop");
  EXPECT_EQ(begun->intent().identity_key, identity_.public_key());
  EXPECT_FALSE(begun->finishing(home_));
  EXPECT_TRUE(begun->keeps_recovery_key(home_));
  EXPECT_EQ(begun->key(home_, "identity.pem", sesame).public_key(), identity_.public_key());
  EXPECT_EQ(begun->key(home_, "recovery.pem", sesame).public_key(), recovery_.public_key());
  begun->finish(home_);
  EXPECT_FALSE(Pending::load(home_));
  EXPECT_EQ(home_.require_account().address, address_);
  EXPECT_EQ(home_.device_key().public_key(), device_.public_key());
  EXPECT_EQ(home_.identity_key(sesame).public_key(), identity_.public_key());
}

TEST_F(PendingTest, KeepsNoRecoveryKeyOnceFinished) {
  save().finish(home_);
  EXPECT_FALSE(exists("pending/recovery.pem"));
}

TEST_F(PendingTest, EncryptsEveryKeyButThatOfTheDevice) {
  save(sesame());
  EXPECT_TRUE(identity::pem_is_encrypted(*home_.read("pending/identity.pem")));
  EXPECT_TRUE(identity::pem_is_encrypted(*home_.read("pending/recovery.pem")));
  EXPECT_FALSE(identity::pem_is_encrypted(*home_.read("pending/device.pem")));
}

TEST_F(PendingTest, FinishesAfterEveryPointAtWhichItMayHaveStopped) {
  for (int done = 0; done < 4; ++done) {
    save();
    if (done > 0) rename_file(home_.path() / "pending/identity.pem", home_.path() / "identity.pem");
    if (done > 1) rename_file(home_.path() / "pending/device.pem", home_.path() / "device.pem");
    if (done > 2) home_.remove("pending/recovery.pem");
    const auto begun = Pending::load(home_);
    ASSERT_TRUE(begun);
    EXPECT_EQ(begun->finishing(home_), done > 0);
    EXPECT_EQ(begun->keeps_recovery_key(home_), done < 3);
    EXPECT_EQ(begun->key(home_, "identity.pem", sesame).public_key(), identity_.public_key()) << done;
    begun->finish(home_);
    EXPECT_EQ(home_.device_key().public_key(), device_.public_key()) << done;
    EXPECT_EQ(home_.identity_key(sesame).public_key(), identity_.public_key()) << done;
    EXPECT_FALSE(Pending::load(home_)) << done;
  }
}

TEST_F(PendingTest, ADiscardedOneLeavesNothing) {
  save().discard(home_);
  EXPECT_FALSE(Pending::load(home_));
  EXPECT_TRUE(std::filesystem::is_empty(home_.path() / "pending"));
  EXPECT_FALSE(home_.account());
}

TEST_F(PendingTest, ARotationNeverTakesTheDeviceKeyOfARunThatDied) {
  save().finish(home_);
  home_.write("pending/device.pem", sample::key("left behind").pem());
  const auto fresh = sample::key("rotated");
  Pending::save(home_, {Change::rotation, address_, "", fresh.public_key()}, {fresh}, {}).finish(home_);
  EXPECT_EQ(home_.device_key().public_key(), device_.public_key());
  EXPECT_EQ(home_.identity_key(sesame).public_key(), fresh.public_key());
}

TEST_F(PendingTest, GoesOnWithTheKeysOfTheRunBefore) {
  const Pending::Passphrases passphrases{sesame, sesame};
  const auto first = Pending::begin_or_resume(home_, Change::recovery, address_, "laptop", passphrases);
  EXPECT_FALSE(first.resumed);
  const auto second = Pending::begin_or_resume(home_, Change::recovery, address_, "other name", passphrases);
  EXPECT_TRUE(second.resumed);
  EXPECT_EQ(second.pending.intent().device, "laptop");
  EXPECT_EQ(second.keys.identity.public_key(), first.keys.identity.public_key());
  EXPECT_EQ(second.keys.device.public_key(), first.keys.device.public_key());
  EXPECT_EQ(second.keys.recovery.public_key(), first.keys.recovery.public_key());
}

TEST_F(PendingTest, NothingTakesThePlaceOfWhatIsUnfinished) {
  save();
  const Pending::Passphrases passphrases{sesame, sesame};
  const auto other = sample::address("gordon@example.org");
  EXPECT_THROW(Pending::begin_or_resume(home_, Change::recovery, address_, "laptop", passphrases), Failure);
  EXPECT_THROW(Pending::begin_or_resume(home_, Change::registration, other, "laptop", passphrases), Failure);
  EXPECT_THROW(Pending::load(home_, Change::rotation, address_), Failure);
  EXPECT_EQ(Pending::load(home_)->key(home_, "identity.pem", sesame).public_key(), identity_.public_key());
}

TEST_F(PendingTest, OfAKindThatIsNotKnownIsLeftAlone) {
  save();
  auto text = *home_.read("pending/intent.json");
  text.replace(text.find("\"register\""), 10, "\"baptize\"");
  home_.write("pending/intent.json", text);
  EXPECT_THROW(Pending::load(home_), Failure);
}

TEST_F(PendingTest, ANewFileTakesTheNameOfNoOther) {
  const auto file = folder_.path() / "words";
  EXPECT_TRUE(write_new_private_file(file, "first"));
  EXPECT_FALSE(write_new_private_file(file, "second"));
  EXPECT_EQ(read_file(file, 100), "first");
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 2) << "home and words";
}

}  // namespace
}  // namespace pd::directory
