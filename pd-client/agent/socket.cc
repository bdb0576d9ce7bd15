#include "agent/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "directory/failure.h"
#include "identity/encoding.h"

namespace pd::agent {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using directory::Failure;
using directory::Kind;

namespace {

constexpr std::size_t max_name = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t hash_digits = 16;

// Sockets that are made meanwhile are for the owner alone from the beginning.
class PrivateMask {
 public:
  PrivateMask() : before_(::umask(0177)) {}
  ~PrivateMask() { ::umask(before_); }
  PrivateMask(const PrivateMask&) = delete;
  PrivateMask& operator=(const PrivateMask&) = delete;

 private:
  mode_t before_;
};

// On Linux; elsewhere the 0700 of the home has to do.
bool belongs_to_us(int socket) {
#ifdef SO_PEERCRED
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
#else
  uid_t user = 0;
  gid_t group = 0;
  return ::getpeereid(socket, &user, &group) == 0 && user == ::geteuid();
#endif
}

}  // namespace

std::filesystem::path socket_path(const std::filesystem::path& home, Door door) {
  auto absolute = std::filesystem::absolute(home).lexically_normal();
  if (!absolute.has_filename()) {
    absolute = absolute.parent_path();  // it ended with a slash
  }
  auto path = absolute / (door == Door::agent ? "agent.sock" : "calls.sock");
  if (path.string().size() <= max_name) {
    return path;
  }
  const auto hash = identity::hex(identity::sha256(identity::bytes_of(absolute.string()))).substr(0, hash_digits);
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime != '\0') {
    path = std::filesystem::path(runtime) / ("pd-" + hash + (door == Door::agent ? ".sock" : "-calls.sock"));
    if (path.string().size() <= max_name) {
      return path;
    }
  }
  throw Failure(Kind::failed, "the path of " + absolute.string() + " is too long for a socket in it (AGT-1)",
                "set XDG_RUNTIME_DIR, or keep the keys in a directory with a shorter name");
}

Acceptor open_socket(const asio::any_io_executor& executor, const std::filesystem::path& path) {
  boost::system::error_code error;
  Acceptor acceptor(executor);
  acceptor.open(stream_protocol(), error);
  std::error_code not_removed;
  std::filesystem::remove(path, not_removed);
  if (!error && !not_removed) {
    const PrivateMask mask;
    acceptor.bind(stream_protocol::endpoint(path.string()), error);
  }
  if (!error && !not_removed) {
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error || not_removed) {
    throw Failure(Kind::failed,
                  "cannot listen on " + path.string() + ": " + (error ? error.message() : not_removed.message()));
  }
  return acceptor;
}

std::optional<Stream> connect(const asio::any_io_executor& executor, const std::filesystem::path& path) {
  boost::system::error_code error;
  Stream stream(executor);
  stream.connect(stream_protocol::endpoint(path.string()), error);
  if (error == boost::system::errc::no_such_file_or_directory || error == asio::error::connection_refused) {
    return std::nullopt;
  }
  if (!error && !is_own(stream)) {
    throw Failure(Kind::failed, path.string() + " is the socket of another user (AGT-2)");
  }
  if (error) {
    throw Failure(Kind::failed, "cannot connect to " + path.string() + ": " + error.message());
  }
  return stream;
}

bool is_own(Stream& stream) {
  return belongs_to_us(stream.native_handle());
}

}  // namespace pd::agent
