#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "connect/link.h"
#include "connect/outcome.h"
#include "connect/tcp_port.h"
#include "connect/tls_context.h"
#include "directory/peer.h"

namespace pd::connect {

// RACE-5, RACE-8, RACE-12. Tests make the times shorter.
struct OpenBounds {
  std::chrono::milliseconds total{8'000};
  std::chrono::milliseconds handshake{5'000};
  std::chrono::milliseconds first_retry{50};  // twice as long each time, up to the next
  std::chrono::milliseconds longest_retry{800};
  std::size_t remotes = 16;
  std::size_t guests = 16;  // who connected to us and has not proven anything yet
};

// The two ends of a link that is to be.
struct Parties {
  std::shared_ptr<const Credentials> self;
  directory::VerifiedPeer peer;
  std::shared_ptr<void> keep = {};  // lives as long as the links that come of it: a mapped port
};

using OnLink = std::function<void(std::unique_ptr<Link>)>;

// TCP opened from both sides (RFC 9293, section 3.5): each side listens on `port`, and from that same port connects to
// all of `remotes` at the same time, again and again, because a NAT or a firewall lets in only what answers something
// that went out. Whichever way a connection came about, the caller is the TLS client, and both prove themselves
// (RACE-6).
//
// Both run on the executor of the calling coroutine, of one thread; may be cancelled (terminal), then throw
// operation_aborted. What was not handed out is closed when they end. They fail with wrong_key, early, when somebody
// else answered at every remote; otherwise with unreachable, after the total time, the message naming each remote and
// why.

// As the caller: the first link whose other side has proven a device key of the peer and has said that it knows us.
boost::asio::awaitable<Outcome<std::unique_ptr<Link>>> open_calling(std::shared_ptr<TcpPort> port, Parties parties,
                                                                    std::vector<boost::asio::ip::tcp::endpoint> remotes,
                                                                    OpenBounds bounds = {});

// As the answerer: hands every link whose other side has proven a device key of the peer to `on_link`, because it is
// the caller who chooses. Goes on until its time has passed or it is cancelled.
boost::asio::awaitable<NoLink> open_answering(std::shared_ptr<TcpPort> port, Parties parties,
                                              std::vector<boost::asio::ip::tcp::endpoint> remotes, OnLink on_link,
                                              OpenBounds bounds = {});

}  // namespace pd::connect
