#pragma once

#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <tl/expected.hpp>

#include "connect/tasks.h"
#include "net/udp_socket.h"
#include "punch/puncher.h"
#include "quic/quic.h"

namespace pd::reach {

// A path over UDP that is open both ways.
struct Punched {
  quic::Path way;  // its handler answers late probes
  punch::Path path;
  // Sends the nomination again until it is answered, and keeps the path open, as long as this lives: until what runs
  // over the path has taken over, and no longer than way.socket.
  std::unique_ptr<connect::Tasks> kept = {};
};

// What each side knows of the other, without the sockets.
struct Sides {
  punch::Role role;
  punch::Description own;  // as it was told
  punch::Description remote;
  punch::MachineId machine;
};

// Finds a path over UDP through these sockets (REACH-16 … REACH-23), or says what was tried. Runs on the executor of
// the calling coroutine, which is that of the sockets; may be cancelled (terminal), then throws operation_aborted. The
// sockets that are not needed are closed.
boost::asio::awaitable<tl::expected<Punched, punch::Failed>> punch_through(
    std::vector<std::unique_ptr<net::UdpSocket>> sockets, Sides sides);

}  // namespace pd::reach
