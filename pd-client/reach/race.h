#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <tl/expected.hpp>

#include "connect/link.h"
#include "connect/tcp_open.h"
#include "gather/gather.h"
#include "punch/puncher.h"
#include "quic/quic.h"
#include "reach/report.h"

namespace pd::reach {

// RACE-10, RACE-12. Tests make the times shorter.
struct Limits {
  std::chrono::milliseconds total{8'000};
  std::chrono::milliseconds both_symmetric{6'000};  // instead: what is left, a mapping or IPv6, needs no luck
  std::chrono::milliseconds answerer_more{2'000};   // the caller begins later, and chooses
  std::size_t held = 32;                            // links that an answerer has before the caller chooses
  connect::OpenBounds tcp{};
  quic::Limits quic{};
};

// One side of a call, when both know the other's description.
struct Entry {
  punch::Role role;
  std::shared_ptr<gather::Gathering> own;
  punch::Description told;  // what own->describe() was when the other side was told
  punch::Description remote;
  connect::Parties parties;
};

// A link that both sides have now (RACE-10). It keeps its mapped port.
struct Reached {
  std::unique_ptr<connect::Link> link;
  std::string path;  // for people: "local network", "hole punched", "TCP, opened from both sides"
  punch::Transport transport;
  std::chrono::milliseconds time;  // from the start of the race until it was authenticated
};

// Tries every way to the other side at the same time, and returns the link that the caller chose: the first that was
// authenticated (RACE-7, RACE-10). Both sides call this, each in its role, at about the same time, with descriptions of
// each other. Takes the sockets of entry.own.
//
// Fails with a report within the limits, sooner when no way is left or somebody else answers (RACE-11). Runs on the
// executor of the calling coroutine, of one thread; may be cancelled (terminal), then throws operation_aborted. All
// that was begun is closed when it ends.
boost::asio::awaitable<connect::Outcome<Reached>> race(Entry entry, Limits limits = {});

}  // namespace pd::reach
