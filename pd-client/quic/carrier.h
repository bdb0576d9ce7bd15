#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/udp_socket.h"
#include "quic/connection.h"
#include "quic/quic.h"
#include "quic/tls.h"

namespace pd::quic {

// Carries a connection over a socket: reads, writes, waits. While an answerer waits there may be several connections,
// because what begins one can be forged; the first that is proven stays. It lives until its socket is closed, held by
// what waits for that socket. One thread.
class Carrier : public std::enable_shared_from_this<Carrier> {
 public:
  Carrier(Path path, const Limits& limits);

  // One of these, once.
  void dial(std::unique_ptr<Tls> tls);
  void answer(std::function<std::unique_ptr<Tls>()> make_tls);

  // Waits until the handshake is over, one way or the other. Throws operation_aborted when cancelled.
  boost::asio::awaitable<void> handshake();
  bool ready() const { return ready_; }
  // Why not, if not.
  Connection::End failure() const { return failure_; }
  // The proven one.
  Connection& connection() { return *connections_.front(); }
  const Connection& connection() const { return *connections_.front(); }

  // As Link has them.
  boost::asio::awaitable<std::size_t> read(std::span<char> buffer);
  boost::asio::awaitable<void> write(std::string_view bytes);
  void close() noexcept;

  // Ends everything, without a word more than the connections want to say.
  void stop() noexcept;

 private:
  using Endpoint = Connection::Endpoint;
  using Time = Connection::Time;

  static boost::asio::awaitable<void> receive(std::shared_ptr<Carrier> self);
  static boost::asio::awaitable<void> resume(std::shared_ptr<Carrier> self);
  static boost::asio::awaitable<void> wait(boost::asio::steady_timer& until);
  void listen();
  void take(const Endpoint& from, net::Datagram datagram, Time now);
  void begin(net::Datagram first, Time now);
  void proceed();
  void choose();
  void pump(Connection& connection, Time now);
  std::size_t send_batch(Connection& connection, Time now);
  bool add(const Endpoint& to, std::size_t size);
  bool flush();
  void arm();
  void expired();
  void schedule();
  void tell();
  void end_if_over();
  void part();
  void say_last(Connection& failed);
  void say_farewell();

  const Limits limits_;
  const std::unique_ptr<net::UdpSocket> socket_;
  const Endpoint remote_;
  const std::chrono::milliseconds round_trip_;
  Foreign foreign_;
  std::function<std::unique_ptr<Tls>()> make_tls_;  // while an answerer waits

  std::vector<std::unique_ptr<Connection>> connections_;  // oldest first
  std::vector<Time> begun_;                               // when each of them did
  bool ready_ = false;
  Connection::End failure_ = Connection::End::none;

  std::vector<std::uint8_t> batch_;  // datagrams of one size for one address, the last may be shorter
  std::size_t batched_ = 0;
  std::size_t segment_ = 0;
  Endpoint to_;
  bool blocked_ = false;  // the kernel has no room

  boost::asio::steady_timer timer_;
  Time armed_ = Time::max();
  boost::asio::steady_timer readable_;  // cancelled when there is something for who waits
  boost::asio::steady_timer writable_;
  boost::asio::steady_timer last_;  // of lingering, then of the farewell
  bool scheduled_ = false;
  bool closing_ = false;
  bool stopped_ = false;
  std::vector<std::uint8_t> farewell_;
  int farewells_ = 0;
};

}  // namespace pd::quic
