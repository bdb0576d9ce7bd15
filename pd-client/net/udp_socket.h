#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>

namespace pd::net {

using Datagram = std::span<const std::uint8_t>;

// What one receive() brought: datagrams of one sender, in the order in which they came. It owns the 64 KiB that they
// are in; one serves for any number of sockets of a thread.
class Received {
 public:
  Received();

  const boost::asio::ip::udp::endpoint& from() const { return from_; }
  std::size_t count() const { return count_; }
  // The datagram at `index` < count(), valid until the next receive() into this. It may be empty.
  Datagram operator[](std::size_t index) const;

 private:
  friend class UdpSocket;
  std::vector<std::uint8_t> buffer_;
  boost::asio::ip::udp::endpoint from_;
  std::size_t size_ = 0;
  std::size_t segment_ = 0;  // the size of all of them but the last, which may be shorter
  std::size_t count_ = 0;
};

// A UDP socket that is connected to nobody. It does not block, and what the network reports of a datagram (refused,
// unreachable, too long, filtered) is the loss of that datagram, never the end of the socket: UDP promises no more.
//
// On Linux many datagrams pass in one system call (UDP_SEGMENT, UDP_GRO); elsewhere, and where the kernel or the
// network card refuses, each passes by itself, with the same result. Datagrams are never fragmented by the sender (RFC
// 9000, section 14). Used from the thread of its executor alone.
class UdpSocket {
 public:
  static constexpr std::size_t max_datagram = 65'507;  // what IPv4 can carry; IPv6 20 more, which nobody needs

  struct Options {
    bool offload = true;  // false: one datagram a system call
  };

  // Binds to `local`: of either family, one address or all of that family (an IPv6 socket carries IPv6 alone), one port
  // or, for 0, any that is free. Throws boost::system::system_error.
  UdpSocket(const boost::asio::any_io_executor& executor, const boost::asio::ip::udp::endpoint& local, Options options);
  UdpSocket(const boost::asio::any_io_executor& executor, const boost::asio::ip::udp::endpoint& local)
      : UdpSocket(executor, local, Options()) {}
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  boost::asio::any_io_executor executor() { return socket_.get_executor(); }
  // With the port that it got. The address is unspecified when it was bound to all.
  const boost::asio::ip::udp::endpoint& local() const { return local_; }
  bool is_open() const { return socket_.is_open(); }

  // Asks the kernel to hold up to `bytes` in each direction; it may give less. The default serves probes, not streams.
  void hold(std::size_t bytes);

  // Waits until receive() may bring something, or until send() may take something. One wait of each kind at a time.
  // Ends with the error operation_aborted when the socket is closed, or the wait cancelled; with no other.
  boost::asio::awaitable<boost::system::error_code> readable();
  boost::asio::awaitable<boost::system::error_code> writable();

  // Takes what has come from one sender, at most 64 KiB. False when there is nothing now, or the socket is closed.
  bool receive(Received& into);

  // Sends one datagram of at most max_datagram bytes. With `hops` it dies after that many (IPv4's TTL, IPv6's hop
  // limit), 1 … 255. False when the kernel has no room now: try again when writable(). True says nothing about its
  // arrival.
  bool send(const boost::asio::ip::udp::endpoint& to, Datagram datagram, std::optional<std::uint8_t> hops = {});

  // Sends `bytes` as datagrams of `segment` bytes, 1 … max_datagram, the last one of what is left. Returns how many
  // bytes are done with: all, or, when the kernel has no room for more now, a multiple of `segment`.
  std::size_t send_segments(const boost::asio::ip::udp::endpoint& to, Datagram bytes, std::size_t segment);

  // Why the last datagram that could not leave did not. For people: a filter, no route.
  const boost::system::error_code& last_failure() const { return last_failure_; }

  // Ends it at once; waits end with operation_aborted.
  void close() noexcept;

 private:
  enum class Taken { yes, no_room, refused };
  struct Request;
  Taken give(const boost::asio::ip::udp::endpoint& to, Datagram bytes, const Request* request = nullptr);
  Taken give_batch(const boost::asio::ip::udp::endpoint& to, Datagram batch, std::size_t segment);

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint local_;
  boost::system::error_code last_failure_;
  bool offload_;
};

}  // namespace pd::net
