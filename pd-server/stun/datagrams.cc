#include "stun/datagrams.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace pd::stun_server {
namespace {

using boost::asio::ip::udp;

// As many as one wake-up answers before others of the context get their turn.
constexpr int most_in_a_row = 64;

// Room for one control message with the address that a datagram was sent to.
union Control {
  cmsghdr header;  // for its alignment
  std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> space;
};
static_assert(sizeof(in6_pktinfo) >= sizeof(in_pktinfo));

void ask_for_destination(udp::socket& socket, bool v6) {
  const int on = 1;
  const int done = v6 ? ::setsockopt(socket.native_handle(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                      : ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  if (done != 0) throw boost::system::system_error(errno, boost::system::system_category(), "pktinfo");
}

// Turns what arrived with a datagram into what must go out with its answer: the same address on this side (STUN-9).
// The interface is left to the routing table, except for link-local addresses, which mean nothing without it.
void turn_around(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
      std::memcpy(CMSG_DATA(part), &info, sizeof info);
    } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      info.ipi_ifindex = 0;
      // Sent to a broadcast address, it is answered from the one of the interface.
      info.ipi_addr.s_addr = 0;
      std::memcpy(CMSG_DATA(part), &info, sizeof info);
    }
  }
}

}  // namespace

Datagrams::Datagrams(boost::asio::io_context& context, const udp::endpoint& endpoint, Desk& desk)
    : socket_(context), desk_(desk) {
  socket_.open(endpoint.protocol());
  const bool v6 = endpoint.address().is_v6();
  // [::] takes IPv4 as well, whatever the system's default is.
  if (v6) socket_.set_option(boost::asio::ip::v6_only(false));
  ask_for_destination(socket_, v6);
  socket_.bind(endpoint);
  socket_.non_blocking(true);
  local_ = socket_.local_endpoint();
}

void Datagrams::start() {
  wait();
}

void Datagrams::stop() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Datagrams::wait() {
  socket_.async_wait(udp::socket::wait_read, [this](const boost::system::error_code& error) {
    if (error == boost::asio::error::operation_aborted || !socket_.is_open()) return;
    try {
      for (int served = 0; served < most_in_a_row && serve_one(); ++served) {
      }
    } catch (const std::bad_alloc&) {
      // That datagram is lost, as datagrams are.
    }
    wait();
  });
}

bool Datagrams::serve_one() {
  std::array<std::uint8_t, most_request_bytes + 1> request;  // a byte more, to see what is too long
  std::array<std::uint8_t, most_request_bytes> answer;
  udp::endpoint from;
  Control control;
  iovec data{request.data(), request.size()};
  msghdr message{};
  message.msg_name = from.data();
  message.msg_namelen = static_cast<socklen_t>(from.capacity());
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  const auto got = ::recvmsg(socket_.native_handle(), &message, 0);
  // Not EAGAIN: the refusal of an earlier answer, by its receiver; there may be more.
  if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  from.resize(message.msg_namelen);

  const auto bytes = desk_.answer(Desk::Transport::udp, Bytes(request).first(static_cast<std::size_t>(got)),
                                  {from.address(), from.port()}, answer);
  if (!bytes || *bytes == 0) return true;
  turn_around(message);
  data = {answer.data(), *bytes};
  // Full buffers lose datagrams, as networks do; the client asks again.
  ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
  return true;
}

}  // namespace pd::stun_server
