#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "net/udp_socket.h"

namespace pd::quic::test {

// A NAT between a dialler and an answerer on loopback: the dialler talks to inside(), the answerer sees outside(). It
// may lose and reorder, and forget its mapping.
class Forwarder {
 public:
  Forwarder(boost::asio::io_context& io, const boost::asio::ip::udp::endpoint& dialler,
            const boost::asio::ip::udp::endpoint& answerer);
  ~Forwarder();

  boost::asio::ip::udp::endpoint inside() const;
  boost::asio::ip::udp::endpoint outside() const;

  void lose(double share);     // of the datagrams, each way
  void reorder(double share);  // of them come after the next one
  void block(bool all);
  // What the answerer sees comes from another port from now on; what is sent to the old one is lost.
  void forget();
  // From now on every datagram comes twice, and a third time with a byte changed.
  void meddle() const;
  std::size_t forwarded() const;
  // Of what the dialler sent and was not lost, in its order.
  const std::vector<std::size_t>& sizes() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pd::quic::test
