#include "directory/pending.h"

#include <gtest/gtest.h>

#include "directory/file.h"
#include "folder.h"
#include "identity/sample.h"

namespace pd::directory {
namespace {

namespace sample = identity::sample;

std::string sesame() {
  return "sesame";
}

class PendingTest : public ::testing::Test {
 protected:
  Pending save(std::string_view passphrase = "") {
    return Pending::save(home_, {"register", address_, "laptop", identity_.public_key()},
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
  EXPECT_EQ(begun->intent().kind, "register");
  EXPECT_EQ(begun->intent().address, address_);
  EXPECT_EQ(begun->intent().device, "laptop");
  EXPECT_EQ(begun->intent().identity_key, identity_.public_key());
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
  save("sesame");
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
  Pending::save(home_, {"rotate", address_, "", fresh.public_key()}, {fresh}, "").finish(home_);
  EXPECT_EQ(home_.device_key().public_key(), device_.public_key());
  EXPECT_EQ(home_.identity_key(sesame).public_key(), fresh.public_key());
}

}  // namespace
}  // namespace pd::directory
