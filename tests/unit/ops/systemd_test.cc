#include "ops/systemd.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pd::ops {
namespace {

// The service manager's end, at a path or in the abstract namespace.
class Manager {
 public:
  explicit Manager(std::string path) : path_(std::move(path)), fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (path_[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
    if (path_[0] != '@') ::unlink(path_.c_str());
  }

  std::string next() const {
    std::array<char, 256> data;
    const auto size = ::recv(fd_, data.data(), data.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing came" : std::string(data.data(), static_cast<std::size_t>(size));
  }

 private:
  std::string path_;
  int fd_;
};

std::string temporary(const char* name) {
  return (std::filesystem::temp_directory_path() / ("pd-" + std::to_string(::getpid()) + name)).string();
}

TEST(Systemd, SaysNothingWithoutAManager) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_TRUE(notify_ready());
}

TEST(Systemd, TellsTheStates) {
  const Manager manager(temporary("notify"));
  EXPECT_TRUE(notify_ready());
  EXPECT_EQ(manager.next(), "READY=1");
  EXPECT_TRUE(notify_reloading());
  EXPECT_THAT(manager.next(), testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  EXPECT_TRUE(notify_stopping());
  EXPECT_EQ(manager.next(), "STOPPING=1");
}

TEST(Systemd, KnowsTheAbstractNamespace) {
  const Manager manager("@pd-test-" + std::to_string(::getpid()));
  EXPECT_TRUE(notify_ready());
  EXPECT_EQ(manager.next(), "READY=1");
}

TEST(Systemd, AManagerThatIsGoneIsNoReasonToFail) {
  ::setenv("NOTIFY_SOCKET", temporary("nobody").c_str(), 1);
  EXPECT_FALSE(notify_ready());
  ::setenv("NOTIFY_SOCKET", std::string(500, 'x').c_str(), 1);
  EXPECT_FALSE(notify_ready());
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace pd::ops
