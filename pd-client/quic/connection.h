#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "net/udp_socket.h"
#include "quic/byte_queue.h"
#include "quic/limits.h"
#include "quic/ngtcp2.h"
#include "quic/tls.h"

namespace pd::quic {

// One QUIC connection with its one stream (LINK-5): datagrams in and out, and the time, are the caller's. One thread.
class Connection {
 public:
  using Endpoint = boost::asio::ip::udp::endpoint;
  using Time = std::chrono::steady_clock::time_point;

  struct Setup {
    Limits limits;
    Endpoint local;
    Endpoint remote;
    std::chrono::milliseconds round_trip;
  };

  enum class End {
    none,         // it is alive
    closed,       // the other side has ended it (LINK-11)
    silent,       // nothing came for too long
    not_in_time,  // the handshake
    wrong_key,    // not a device of the peer, or without its key
    no_pd,        // it does not speak pd/1
    refused,      // the other side did not accept us
    broken,       // a reset, or something that QUIC does not allow
  };

  // Throws std::runtime_error when the library cannot.
  static std::unique_ptr<Connection> dial(std::unique_ptr<Tls> tls, const Setup& setup, Time now);
  // Nothing when `first` does not begin a connection. It still has to be given to receive().
  static std::unique_ptr<Connection> answer(std::unique_ptr<Tls> tls, const Setup& setup, net::Datagram first,
                                            Time now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // True for a datagram with one of this side's connection ids.
  bool owns(net::Datagram datagram) const;
  void receive(const Endpoint& local, const Endpoint& from, net::Datagram datagram, Time now);
  // Writes the next datagram into `place`, of at least max_datagram bytes, and where it goes. 0: none now.
  static constexpr std::size_t max_datagram = 1'452;  // an Ethernet's 1,500 without IPv6 and UDP
  std::size_t write(std::span<std::uint8_t> place, Endpoint& to, Time now);
  // How much may be written in one go; after that, call paced() with what was. It returns whether more is due already.
  std::size_t quantum();
  bool paced(std::size_t written, Time now);
  Time expiry();
  void expire(Time now);

  bool ready() const { return ready_; }  // both sides are proven
  End end() const { return end_; }
  bool alive() const { return end_ == End::none; }
  const Tls& tls() const { return *tls_; }
  Endpoint remote() const;
  std::chrono::nanoseconds probe_timeout();

  // Bytes that came in order; taken() opens the window for as many more.
  std::span<const std::uint8_t> arrived() { return incoming_.from(incoming_.begin()); }
  bool all_arrived() const { return finished_ && incoming_.size() == 0; }
  void taken(std::size_t size);
  // From now on what arrives is thrown away.
  void ignore_arriving();

  // How many bytes give() takes now.
  std::size_t room() const;
  void give(std::span<const std::uint8_t> bytes) { outgoing_.append(bytes); }
  bool all_acknowledged() const { return outgoing_.size() == 0; }

  // The datagram that ends it, to send; empty when there is nobody to tell. Nothing may be called after it but end().
  std::vector<std::uint8_t> close(Time now);

 private:
  struct Callbacks;
  struct Parts {
    std::array<ngtcp2_vec, 2> bytes{};
    std::size_t count = 0;
  };
  Connection(std::unique_ptr<Tls> tls, const Setup& setup);
  void fail(int code);
  std::int64_t stream_to_write() const;
  Parts bytes_to_write();
  void adopt(ngtcp2_conn* connection);
  ngtcp2_settings settings(const Setup& setup, Time now) const;
  ngtcp2_transport_params parameters() const;

  std::unique_ptr<Tls> tls_;
  Limits limits_;
  ngtcp2_conn* connection_ = nullptr;
  std::vector<ngtcp2_cid> ids_;  // this side's
  ByteQueue incoming_;
  ByteQueue outgoing_;      // from what is not acknowledged on
  std::uint64_t next_ = 0;  // of outgoing_, to be sent
  library::Pace pace_;
  std::int64_t stream_ = -1;  // once it is open
  bool opened_ = false;       // the other side has been told of it
  bool finished_ = false;     // the other side's half
  bool ignoring_ = false;
  bool ready_ = false;
  bool told_ = false;  // the end came from the other side, or it is gone
  End end_ = End::none;
  int failure_ = 0;  // of the library
};

}  // namespace pd::quic
