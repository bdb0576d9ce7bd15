#pragma once

#include <chrono>
#include <cstddef>

namespace pd::quic {

// LINK-7 … LINK-11. Tests make them smaller.
struct Limits {
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds idle{30'000};        // nothing from the other side: the link is lost
  std::chrono::milliseconds keep_alive{10'000};  // nothing either way: a PING
  std::chrono::milliseconds linger{10'000};      // after close(), for what was written to arrive
  std::size_t window = 4 << 20;                  // what the other side may send beyond what was read …
  std::size_t max_window = 16 << 20;             // … and up to where it grows while it is read as fast as it comes
  std::size_t unsent = 256 << 10;                // what write() takes beyond what the network does
  std::size_t unacknowledged = 20 << 20;         // what is kept until it has arrived, sent or not
};

}  // namespace pd::quic
