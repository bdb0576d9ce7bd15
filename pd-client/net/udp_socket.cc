#include "net/udp_socket.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

// Older C libraries do not know what the kernel does (linux/udp.h).
#if defined(__linux__) && !defined(UDP_SEGMENT)
#define UDP_SEGMENT 103
#endif
#if defined(__linux__) && !defined(UDP_GRO)
#define UDP_GRO 104
#endif

namespace pd::net {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

namespace {

constexpr std::size_t receive_bytes = 65'536;
constexpr std::size_t batch_segments = 64;  // UDP_MAX_SEGMENTS of the kernels that have the fewest
constexpr std::size_t batch_bytes = 65'000;
constexpr int max_reports = 16;  // errors in a row that one receive() skips

using Control = std::array<std::byte, CMSG_SPACE(sizeof(int)) * 2>;

void set(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof value);  // what it refuses, we do without
}

// Sets DF whatever the kernel believes to know of the path: QUIC finds out for itself (RFC 8899).
void forbid_fragments(int socket, bool v6) {
#ifdef IP_PMTUDISC_PROBE
  if (v6) {
    set(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  } else {
    set(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  }
#else
  static_cast<void>(socket);
  static_cast<void>(v6);
#endif
}

udp::socket bound(const asio::any_io_executor& executor, const udp::endpoint& local) {
  udp::socket socket(executor);
  socket.open(local.protocol());
  const bool v6 = local.address().is_v6();
  if (v6) {
    socket.set_option(asio::ip::v6_only(true));
  }
  socket.bind(local);
  socket.non_blocking(true);
  forbid_fragments(socket.native_handle(), v6);
  return socket;
}

// How many bytes go in one call: a whole number of segments.
std::size_t batch_of(std::size_t segment) {
  return segment * std::max<std::size_t>(1, std::min(batch_segments, batch_bytes / segment));
}

bool no_room(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

// The size of the datagrams that were received as one, or 0.
std::size_t segment_in(msghdr& message) {
#ifdef UDP_GRO
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_UDP && part->cmsg_type == UDP_GRO) {
      int size = 0;
      std::memcpy(&size, CMSG_DATA(part), sizeof size);
      return size > 0 ? static_cast<std::size_t>(size) : 0;
    }
  }
#else
  static_cast<void>(message);
#endif
  return 0;
}

}  // namespace

Received::Received() : buffer_(receive_bytes) {}

Datagram Received::operator[](std::size_t index) const {
  const std::size_t start = index * segment_;
  return Datagram(buffer_).subspan(start, std::min(segment_, size_ - start));
}

UdpSocket::UdpSocket(const asio::any_io_executor& executor, const udp::endpoint& local, Options options)
    : socket_(bound(executor, local)), local_(socket_.local_endpoint()), offload_(options.offload) {
#ifdef UDP_GRO
  if (offload_) {
    set(socket_.native_handle(), IPPROTO_UDP, UDP_GRO, 1);
  }
#else
  offload_ = false;
#endif
}

void UdpSocket::hold(std::size_t bytes) {
  error_code ignored;
  socket_.set_option(asio::socket_base::receive_buffer_size(static_cast<int>(bytes)), ignored);
  socket_.set_option(asio::socket_base::send_buffer_size(static_cast<int>(bytes)), ignored);
}

asio::awaitable<error_code> UdpSocket::readable() {
  error_code error;
  co_await socket_.async_wait(udp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
  co_return error ? error_code(asio::error::operation_aborted) : error;
}

asio::awaitable<error_code> UdpSocket::writable() {
  error_code error;
  co_await socket_.async_wait(udp::socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
  co_return error ? error_code(asio::error::operation_aborted) : error;
}

bool UdpSocket::receive(Received& into) {
  for (int reports = 0; reports < max_reports; ++reports) {
    alignas(cmsghdr) Control control{};
    iovec place{into.buffer_.data(), into.buffer_.size()};
    msghdr message{};
    message.msg_name = into.from_.data();
    message.msg_namelen = static_cast<socklen_t>(into.from_.capacity());
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto size = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
    if (size >= 0) {
      into.from_.resize(message.msg_namelen);
      into.size_ = static_cast<std::size_t>(size);
      const std::size_t segment = segment_in(message);
      into.segment_ = segment == 0 ? into.size_ : segment;
      into.count_ = into.size_ == 0 ? 1 : (into.size_ + into.segment_ - 1) / into.segment_;
      return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF) {
      return false;
    }
    // An interrupted call, or what ICMP says of something that we sent: the next one may bring something.
  }
  return false;
}

// What a call asks of the kernel beyond sending (cmsg(3)).
struct UdpSocket::Request {
  int level;
  int type;
  std::array<std::byte, sizeof(int)> value;
  std::size_t size;

  template <class T>
  static Request of(int level, int type, T value) {
    static_assert(sizeof(T) <= sizeof(int));
    Request request{level, type, {}, sizeof value};
    std::memcpy(request.value.data(), &value, sizeof value);
    return request;
  }
};

// One call to the kernel.
UdpSocket::Taken UdpSocket::give(const udp::endpoint& to, Datagram bytes, const Request* request) {
  alignas(cmsghdr) Control control{};
  iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_name = const_cast<void*>(static_cast<const void*>(to.data()));
  message.msg_namelen = static_cast<socklen_t>(to.size());
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (request != nullptr) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(request->size);
    auto* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = request->level;
    head->cmsg_type = request->type;
    head->cmsg_len = CMSG_LEN(request->size);
    std::memcpy(CMSG_DATA(head), request->value.data(), request->size);
  }
  while (::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT) < 0) {
    if (no_room(errno)) {
      return Taken::no_room;
    }
    if (errno != EINTR) {
      last_failure_ = error_code(errno, boost::system::system_category());
      return Taken::refused;
    }
  }
  return Taken::yes;
}

bool UdpSocket::send(const udp::endpoint& to, Datagram datagram, std::optional<std::uint8_t> hops) {
  if (!hops) {
    return give(to, datagram) != Taken::no_room;
  }
  const int value = *hops;
  const auto request =
      to.address().is_v6() ? Request::of(IPPROTO_IPV6, IPV6_HOPLIMIT, value) : Request::of(IPPROTO_IP, IP_TTL, value);
  return give(to, datagram, &request) != Taken::no_room;
}

std::size_t UdpSocket::send_segments(const udp::endpoint& to, Datagram bytes, std::size_t segment) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto rest = bytes.subspan(done);
    const auto batch = rest.first(std::min(rest.size(), batch_of(segment)));
    auto taken = Taken::refused;
    if (offload_ && batch.size() > segment) {
      taken = give_batch(to, batch, segment);
      done += taken == Taken::yes ? batch.size() : 0;
    }
    if (taken == Taken::refused) {
      const auto one = rest.first(std::min(rest.size(), segment));
      taken = give(to, one);
      // Where there is no route, or a filter, a single one is refused too. Otherwise it is the batch that was.
      offload_ = offload_ && (batch.size() <= segment || taken != Taken::yes);
      done += taken == Taken::no_room ? 0 : one.size();
    }
    if (taken == Taken::no_room) {
      break;
    }
  }
  return done;
}

UdpSocket::Taken UdpSocket::give_batch(const udp::endpoint& to, Datagram batch, std::size_t segment) {
#ifdef UDP_SEGMENT
  const auto request = Request::of(IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(segment));
  return give(to, batch, &request);
#else
  static_cast<void>(to);
  static_cast<void>(batch);
  static_cast<void>(segment);
  return Taken::refused;
#endif
}

void UdpSocket::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace pd::net
