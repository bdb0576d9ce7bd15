#include "directory/home.h"

#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "folder.h"
#include "identity/sample.h"

namespace pd::directory {
namespace {

namespace sample = identity::sample;
using std::filesystem::perms;

identity::Secret nobody_asked() {
  throw Failure(Kind::failed, "a passphrase was asked for");
}

perms mode(const std::filesystem::path& path) {
  return std::filesystem::status(path).permissions();
}

class HomeTest : public ::testing::Test {
 protected:
  test::Folder folder_;
  Home home_{folder_.path() / "deep" / "home"};
};

TEST_F(HomeTest, IsForItsOwnerAlone) {
  EXPECT_EQ(mode(home_.path()), perms::owner_all);
  home_.write("device.pem", "x");
  EXPECT_EQ(mode(home_.path() / "device.pem"), perms::owner_read | perms::owner_write);
}

TEST_F(HomeTest, RefusesADirectoryThatOthersMayRead) {
  std::filesystem::permissions(home_.path(), perms::owner_all | perms::group_read);
  EXPECT_THROW(Home{home_.path()}, Failure);
}

TEST_F(HomeTest, RefusesAFileInPlaceOfTheDirectory) {
  const auto file = folder_.path() / "file";
  std::ofstream(file) << "x";
  EXPECT_THROW(Home{file}, Failure);
}

TEST_F(HomeTest, RemembersTheAccount) {
  EXPECT_FALSE(home_.account());
  EXPECT_THROW(home_.require_account(), Failure);
  home_.save_account({sample::address("olivier@example.org")});
  EXPECT_EQ(home_.require_account().address, sample::address("olivier@example.org"));
}

TEST_F(HomeTest, RefusesAnAccountOfALaterVersion) {
  home_.write("account.json", R"({"v":2,"address":"olivier@example.org"})");
  EXPECT_THROW(home_.account(), Failure);
}

TEST_F(HomeTest, RefusesAnAccountThatMakesNoSense) {
  for (const char* text : {"", "{}", "[]", R"({"v":1})", R"({"v":1,"address":"olivier"})"}) {
    home_.write("account.json", text);
    EXPECT_THROW(home_.account(), Failure) << text;
  }
}

TEST_F(HomeTest, OpensKeysWithAndWithoutPassphrase) {
  const auto key = identity::PrivateKey::generate();
  home_.write("device.pem", key.pem());
  EXPECT_EQ(home_.device_key().public_key(), key.public_key());
  home_.write("identity.pem", key.pem("sesame"));
  EXPECT_EQ(home_.identity_key([] { return identity::Secret(std::string("sesame")); }).public_key(), key.public_key());
  EXPECT_THROW(home_.identity_key([] { return identity::Secret(std::string("wrong")); }), Failure);
}

TEST_F(HomeTest, AsksForNoPassphraseThatIsNotNeeded) {
  home_.write("identity.pem", identity::PrivateKey::generate().pem());
  EXPECT_NO_THROW(home_.identity_key(nobody_asked));
}

TEST_F(HomeTest, WithoutAKeySaysWhereItIs) {
  EXPECT_FALSE(home_.has_identity_key());
  try {
    home_.identity_key(nobody_asked);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_FALSE(failure.hint().empty());
  }
}

TEST_F(HomeTest, ReplacesAFileAsAWhole) {
  home_.write("account.json", "first");
  std::ifstream open_before(home_.path() / "account.json");
  home_.write("account.json", "second");
  std::string seen;
  open_before >> seen;
  EXPECT_EQ(seen, "first") << "the old file must not be written over";
  EXPECT_EQ(home_.read("account.json"), "second");
}

TEST_F(HomeTest, AFailedWriteLeavesTheOldFile) {
  home_.write("account.json", "first");
  std::filesystem::create_directory(home_.path() / "account.json.new");  // in the way of the temporary file
  EXPECT_THROW(home_.write("account.json", "second"), Failure);
  EXPECT_EQ(home_.read("account.json"), "first");
}

TEST_F(HomeTest, ReadsNoMoreThanItsBound) {
  home_.write("account.json", std::string(64 * 1024, ' '));
  EXPECT_EQ(home_.read("account.json")->size(), 64u * 1024);
  home_.write("account.json", std::string(64 * 1024 + 1, ' '));
  EXPECT_THROW(home_.read("account.json"), Failure);
}

TEST_F(HomeTest, ASecondWriterIsRefusedUntilTheFirstIsDone) {
  {
    const auto lock = home_.lock();
    EXPECT_THROW(home_.lock(), Failure);
  }
  EXPECT_NO_THROW(home_.lock());
}

TEST_F(HomeTest, ASecondListenerIsToldWhichIsTheFirst) {
  {
    const auto first = home_.lock_listening();
    try {
      home_.lock_listening();
      FAIL() << "two listen in one home";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.what(),
                "another pdctl listen or agent runs in this home (process " + std::to_string(::getpid()) + ")");
    }
    EXPECT_NO_THROW(home_.lock()) << "keys may change meanwhile";
  }
  EXPECT_NO_THROW(home_.lock_listening());
}

TEST_F(HomeTest, OneProcessHasTheCalls) {
  {
    const auto listening = home_.lock_listening();
    const auto calls = home_.lock_calls();
    EXPECT_THROW(home_.lock_calls(), Failure);
  }
  EXPECT_NO_THROW(home_.lock_calls());
}

TEST(DefaultHomeTest, FollowsTheEnvironment) {
  ::setenv("HOME", "/home/olivier", 1);
  ::unsetenv("XDG_DATA_HOME");
  ::unsetenv("PD_HOME");
  EXPECT_EQ(Home::default_path(), "/home/olivier/.local/share/pd");
  ::setenv("XDG_DATA_HOME", "/data", 1);
  EXPECT_EQ(Home::default_path(), "/data/pd");
  ::setenv("PD_HOME", "/keys", 1);
  EXPECT_EQ(Home::default_path(), "/keys");
}

}  // namespace
}  // namespace pd::directory
