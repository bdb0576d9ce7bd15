#include "gather/datagram_exchange.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace pd::gather {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds first_wait{100};
constexpr std::size_t max_answer = 1'100;

std::string last_error() {
  return std::strerror(errno);
}

// Whether there is something to read before `until`.
bool readable(int socket, steady_clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
  pollfd waiting{socket, POLLIN, 0};
  return left > milliseconds(0) && ::poll(&waiting, 1, static_cast<int>(left.count())) > 0;
}

}  // namespace

DatagramExchange::DatagramExchange(const punch::TransportAddress& server)
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(server.port);
  const auto bytes = server.ip.v4_bytes();
  std::memcpy(&to.sin_addr, bytes.data(), bytes.size());
  // When it fails, so does run(), which says why.
  [[maybe_unused]] const int connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

DatagramExchange::~DatagramExchange() {
  if (socket_ >= 0) {
    ::close(socket_);
  }
}

std::string DatagramExchange::run(identity::ByteView request, steady_clock::time_point deadline,
                                  const std::function<bool(identity::ByteView)>& is_answer) {
  for (auto wait = first_wait; steady_clock::now() < deadline; wait *= 2) {
    if (::send(socket_, request.data(), request.size(), 0) < 0) {
      return last_error();
    }
    const auto again = std::min(deadline, steady_clock::now() + wait);
    while (readable(socket_, again)) {
      std::array<std::uint8_t, max_answer> buffer;
      const auto size = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0 && errno != EAGAIN) {
        return last_error();  // as a rule refused: nobody listens there
      }
      if (size > 0 && is_answer({buffer.data(), static_cast<std::size_t>(size)})) {
        return {};
      }
    }
  }
  return "no answer";
}

}  // namespace pd::gather
