#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "punch/checklist.h"
#include "punch/setup.h"

namespace pd::punch {

// REACH-22.
inline constexpr std::size_t spray_sockets = 256;
inline constexpr std::size_t max_spray_probes = 4'096;
inline constexpr std::chrono::milliseconds sockets_open_after{200};
inline constexpr std::chrono::milliseconds sockets_again_after{1'000};
inline constexpr std::chrono::milliseconds ports_probed_after{300};
inline constexpr std::chrono::milliseconds spray_interval{10};
inline constexpr std::size_t ports_at_once = 8;
inline constexpr std::size_t sockets_at_once = 32;

// A symmetric NAT gives each destination a port that nobody can tell beforehand. So its side opens k ports toward the
// one address that the other side has, and that one tries ports until it meets one of them. Of N = 64,512 ports, n
// tries miss all k = 256 open ones with a probability of
//     (1 − k/N)(1 − k/(N−1)) … (1 − k/(N−n+1)) ≈ (1 − k/N)^n = e^(−n/251.5)
// which is 1/2 after 175 tries, 1/100 after 1,150, and 10^−7 after all 4,096. With one open port instead of 256, a half
// would take 32,256 tries: it is the birthday paradox (B. Ford et al., Peer-to-Peer Communication Across Network
// Address Translators, USENIX 2005, for punching; D. Anderson, How NAT traversal works, 2020, for this use of the
// paradox).
//
// One side's part in it. Pure; one thread.
class Spray {
 public:
  // None where it would not help (REACH-22), or the other side told no address for it.
  static std::optional<Spray> plan(const Setup& setup, Instant start);

  struct Shot {
    std::size_t socket;
    TransportAddress to;
    bool ends_early;  // it is to open our NAT, and to end before the other
  };

  // True once, when the sockets are due. On the other side never.
  bool wants_sockets(Instant now);
  // They have the places from `first` on.
  void sockets_opened(std::size_t first, std::size_t count, Instant now);

  // What is due, at most ports_at_once or sockets_at_once of it; however late `now` is.
  std::vector<Shot> due(Instant now);
  // Whether what came from there to that socket came because of it.
  bool explains(std::size_t socket, const TransportAddress& from) const;
  // When something is due next; none when all is done, or sockets are awaited.
  std::optional<Instant> next() const { return next_; }

 private:
  Spray(bool opens_sockets, const TransportAddress& target, Instant next)
      : opens_sockets_(opens_sockets), target_(target), next_(next) {}

  std::vector<Shot> due_ports(Instant now);
  std::vector<Shot> due_sockets(Instant now);

  bool opens_sockets_;       // our NAT is the symmetric one
  TransportAddress target_;  // on the other side its IP address alone matters
  std::optional<Instant> next_;

  bool has_asked_ = false;  // for sockets
  std::size_t first_socket_ = 0;
  std::size_t socket_count_ = 0;
  Instant second_round_{};

  std::size_t port_socket_ = 0;
  std::vector<std::uint16_t> ports_;  // in the order in which they are tried

  std::size_t done_ = 0;  // so many shots
};

}  // namespace pd::punch
