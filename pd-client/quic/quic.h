#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>

#include "connect/link.h"
#include "connect/outcome.h"
#include "connect/tls_context.h"
#include "directory/peer.h"
#include "net/udp_socket.h"
#include "quic/limits.h"

namespace pd::quic {

// Sees first what comes to the socket of a link and is not the link's: late probes, STUN. Returns true when it was
// meant for it. `socket` is there to answer with, during the call. Called on the thread of the socket; must not throw.
using Foreign = std::function<bool(net::UdpSocket& socket, const boost::asio::ip::udp::endpoint& from, net::Datagram)>;

// Where the other side can be reached from here: a socket through which datagrams go both ways already.
struct Path {
  std::unique_ptr<net::UdpSocket> socket;  // nobody else reads it from now on
  boost::asio::ip::udp::endpoint remote;
  std::chrono::milliseconds round_trip{100};  // as it was measured, or a guess; 1 ms … 10 s
  Foreign foreign = {};
};

// Makes a QUIC link (schema/spec/link.md) to a device of `callee`, who waits in accept() at path.remote.
//
// Fails with wrong_key when somebody answers who proves another key: that is final (SESS-3); otherwise with
// unreachable. Either way the socket is closed. Runs on the executor of the socket, of one thread; may be cancelled
// (terminal), then throws operation_aborted.
boost::asio::awaitable<connect::Outcome<std::unique_ptr<connect::Link>>> connect(
    std::shared_ptr<const connect::Credentials> self, directory::VerifiedPeer callee, Path path, Limits limits = {});

// Waits for the QUIC link of a device of `caller`, who connects from path.remote, for as long as limits.handshake.
//
// Who shows another key is refused, and waiting goes on: a datagram's sender can be forged. When the time is over,
// fails with wrong_key if there was somebody of that kind, otherwise with unreachable. The rest is as for connect().
boost::asio::awaitable<connect::Outcome<std::unique_ptr<connect::Link>>> accept(
    std::shared_ptr<const connect::Credentials> self, directory::VerifiedPeer caller, Path path, Limits limits = {});

}  // namespace pd::quic
