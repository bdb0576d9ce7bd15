#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "identity/encoding.h"
#include "punch/checklist.h"
#include "punch/probe.h"
#include "punch/response_budget.h"
#include "punch/setup.h"
#include "punch/spray.h"
#include "punch/transactions.h"

namespace pd::punch {

inline constexpr std::chrono::seconds caller_gives_up_after{8};  // REACH-18
inline constexpr std::chrono::seconds callee_gives_up_after{10};
inline constexpr std::chrono::milliseconds shortest_grace{10};  // REACH-20
inline constexpr std::chrono::milliseconds longest_grace{50};
inline constexpr std::chrono::seconds keep_alive_interval{2};  // REACH-21
inline constexpr std::size_t max_keep_alives = 15;
inline constexpr std::uint8_t low_hop_limit = 2;  // REACH-17
inline constexpr std::size_t early_requests = 3;
inline constexpr std::size_t max_packets_to_find = 6'000;  // REACH-23
inline constexpr std::size_t max_packets_after_found = 512;

// Send this, as a datagram of its own, with this TTL or hop limit; where there is none, with the usual one. What
// cannot be sent is lost, as on the way.
struct Send {
  std::size_t socket;
  TransportAddress to;
  ProbePacket packet;
  std::optional<std::uint8_t> hop_limit;
};

// Open as many more IPv4 sockets, or as many of them as can be, and say so with sockets_opened().
struct OpenSockets {
  std::size_t count;
};

// This is the path: what is above may use it. The other sockets are not needed any more.
struct Found {
  std::size_t socket;
  TransportAddress remote;
  Path path;
  std::optional<std::chrono::microseconds> round_trip;  // none where only the other side has measured it
};

// What came of a candidate.
enum class Trouble {
  no_socket,  // there is none of its address family
  no_answer,  // nothing came from it
  one_way,    // its requests came, but none of ours was answered
};

struct Attempt {
  TransportAddress address;
  Path path;
  std::size_t requests;
  Trouble trouble;
};

// Why there is no path, as far as one can tell.
enum class Obstacle {
  both_symmetric,     // neither side can tell the other where its packets will come from
  udp_blocked_here,   // no STUN server answered this side
  udp_blocked_there,  // nor the other
  nothing_in_common,  // the other side told no address that a socket of ours could send to
  no_answer,
};

// No path: the end.
struct Failed {
  Obstacle obstacle;
  std::vector<Attempt> attempts;  // from the best to the worst
};

using Effect = std::variant<Send, OpenSockets, Found, Failed>;

// Finds the way over UDP between two devices that know each other's description (REACH-16 … REACH-23), by trying all
// of them. It neither reads a clock nor touches a socket: events go in, each with the time; then next() gives what is
// to be done, until it gives none; and at wake(), tick() is due. A time that lies before one that was given counts as
// that one. One thread.
//
// It ends with one Found or one Failed. After Found it goes on for as long as it is fed: it keeps the path open and
// answers late requests, both within bounds.
class Puncher {
 public:
  Puncher(Setup setup, Instant now);

  // A datagram that came to a socket. True when it was a probe of this call, false when it belongs to somebody else.
  bool receive(std::size_t socket, const TransportAddress& from, identity::ByteView datagram, Instant now);
  // The answer to OpenSockets: they have the places after those that there were.
  void sockets_opened(std::size_t count, Instant now);
  void tick(Instant now);

  // The next thing to do, in order; none when all is done.
  std::optional<Effect> next();
  // When to call tick(), at the latest; none when never.
  std::optional<Instant> wake() const;

 private:
  enum class State { searching, found, failed };

  Instant advance(Instant now);
  void handle_request(std::size_t socket, const TransportAddress& from, const Probe& probe);
  void handle_response(std::size_t socket, const TransportAddress& from, const Probe& probe);
  Path path_from(std::size_t socket, const TransportAddress& from) const;
  void respond(Pair& pair, std::uint64_t transaction);
  void request(Pair& pair);
  void send(std::size_t socket, const TransportAddress& to, const Probe& probe, bool ends_early);
  void send_due_request();
  void send_due_spray();
  void settle_if_due();
  void choose(Pair& pair);
  void keep_path();
  void give_up();
  bool ends_early(const Pair& pair) const;
  bool may_send() const;
  bool may_keep_path() const;
  Obstacle obstacle() const;

  Role role_;
  NatKind own_nat_;
  NatKind remote_nat_;
  ProbeCodec codec_;
  std::vector<Candidate> candidates_;  // the remote ones over UDP
  std::size_t socket_count_;
  Checklist checklist_;
  Transactions transactions_;
  ResponseBudget responses_;
  std::optional<Spray> spray_;
  std::deque<Effect> effects_;

  State state_ = State::searching;
  Instant now_;
  Instant gives_up_;
  Instant paced_until_;                      // the next request goes then (Ta)
  std::optional<Instant> settles_;           // the caller takes the best valid pair then
  std::optional<std::size_t> path_;          // the place of the chosen pair in the checklist
  std::optional<std::uint64_t> nomination_;  // the first transaction number of it, until one is answered
  std::size_t keep_alives_ = 0;
  std::size_t packets_ = 0;  // in this state
};

}  // namespace pd::punch
