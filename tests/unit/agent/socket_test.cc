#include "agent/socket.h"

#include <sys/stat.h>

#include <cstdlib>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "client/town.h"
#include "directory/failure.h"

namespace pd::agent {
namespace {

// $XDG_RUNTIME_DIR for one test.
class RuntimeDir {
 public:
  explicit RuntimeDir(const char* value) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~RuntimeDir() { set(before_ ? before_->c_str() : nullptr); }

 private:
  static constexpr const char* name = "XDG_RUNTIME_DIR";
  static void set(const char* value) {
    if (value == nullptr) {
      ::unsetenv(name);
    } else {
      ::setenv(name, value, 1);
    }
  }
  std::optional<std::string> before_;
};

const std::string too_long = "/tmp/" + std::string(100, 'x');

TEST(SocketPath, IsInTheHomeWhereItFits) {
  EXPECT_EQ(socket_path("/home/o/.local/share/pd"), "/home/o/.local/share/pd/agent.sock");
  EXPECT_EQ(socket_path("/home/o/pd/"), "/home/o/pd/agent.sock");
}

TEST(SocketPath, IsInTheRuntimeDirectoryWhereThatIsTooLong) {
  const RuntimeDir runtime("/run/user/1000");
  const auto path = socket_path(too_long);
  EXPECT_EQ(path.parent_path(), "/run/user/1000");
  EXPECT_EQ(path.filename().string().size(), std::string("pd-0123456789abcdef.sock").size());
  EXPECT_EQ(path, socket_path(too_long + "/"));
  EXPECT_NE(path, socket_path(too_long + "y"));
}

TEST(SocketPath, IsAFailureWhereThereIsNone) {
  const RuntimeDir runtime(nullptr);
  EXPECT_THROW(socket_path(too_long), directory::Failure);
  const RuntimeDir also_long(too_long.c_str());
  EXPECT_THROW(socket_path(too_long), directory::Failure);
}

TEST(Socket, IsForItsOwnerAloneAndReplacesADeadOne) {
  const pd::test::Folder folder;
  const auto path = folder.path() / "agent.sock";
  boost::asio::io_context io;
  EXPECT_FALSE(connect(io.get_executor(), path)) << "there is no socket";
  open_socket(io.get_executor(), path).close();
  EXPECT_FALSE(connect(io.get_executor(), path)) << "nobody listens";
  const auto acceptor = open_socket(io.get_executor(), path);
  EXPECT_TRUE(connect(io.get_executor(), path));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

}  // namespace
}  // namespace pd::agent
