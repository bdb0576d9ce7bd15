#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "punch/candidate.h"

namespace pd::punch {

using Instant = std::chrono::steady_clock::time_point;

inline constexpr std::chrono::milliseconds pacing{5};           // Ta (REACH-16)
inline constexpr std::chrono::milliseconds shortest_retry{20};  // REACH-16
inline constexpr std::size_t max_requests = 24;                 // to a pair that is not valid (REACH-23)
inline constexpr std::size_t max_responses = 24;
inline constexpr std::size_t max_peer_reflexive = 16;  // REACH-15

// Where a socket can send to.
enum class SocketFamily { v4, v6 };

bool reaches(SocketFamily family, const IpAddress& ip);

// How long after the `requests`th request to a pair the next one goes (REACH-16).
std::chrono::milliseconds retry_after(std::size_t requests);

// A socket of ours and an address of the other side (a candidate pair, RFC 8445, section 6.1.2).
struct Pair {
  std::size_t socket;
  TransportAddress remote;
  Path path;
  bool is_heard = false;                                  // a request came over it
  std::optional<std::chrono::microseconds> round_trip{};  // of the first response: the pair is valid
  std::size_t requests = 0;
  std::size_t responses = 0;
  Instant last_request{};
  Instant next_request{};

  bool is_valid() const { return round_trip.has_value(); }
  // Whether a request may still make it valid.
  bool is_open() const { return !is_valid() && requests < max_requests; }
};

// The pairs of a call, at most max_candidates + 2 that were told and max_peer_reflexive that were not. One thread.
class Checklist {
 public:
  // A pair for each candidate that a socket reaches: the first that does. All are due at `now`.
  Checklist(const std::vector<Candidate>& candidates, const std::vector<SocketFamily>& sockets, Instant now);

  // What is returned stays valid until learn() is called.
  Pair* find(std::size_t socket, const TransportAddress& remote);
  // A pair that nobody told (REACH-15), due at `now`; nullptr when there are too many.
  Pair* learn(std::size_t socket, const TransportAddress& remote, Path path, Instant now);
  Pair& at(std::size_t place) { return pairs_.at(place); }
  const Pair& at(std::size_t place) const { return pairs_.at(place); }
  std::size_t place_of(const Pair& pair) const { return static_cast<std::size_t>(&pair - pairs_.data()); }

  // The open pair whose request has waited longest, of those the best; nullptr when none is left.
  Pair* next_request();
  const Pair* next_request() const;
  // Of the valid ones the best, of those the quickest; nullptr when there is none.
  Pair* best_valid();
  const Pair* best_valid() const;
  // Whether an open pair is a better path than `path`, so that it is worth waiting for.
  bool may_become_better_than(Path path) const;

  bool empty() const { return pairs_.empty(); }
  // The pair of a remote candidate; nullptr where no socket reaches it.
  const Pair* told(const TransportAddress& remote) const;

 private:
  std::vector<Pair> pairs_;
  std::size_t told_;  // so many of them are of candidates
};

}  // namespace pd::punch
