#include "punch/checklist.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace pd::punch {
namespace {

// Of the pairs that are `fit`, the first in the order of `key`; nullptr when there is none.
template <class Pairs, class Key>
auto first_of(Pairs& pairs, bool (Pair::*fit)() const, Key key) -> decltype(pairs.data()) {
  decltype(pairs.data()) first = nullptr;
  for (auto& pair : pairs)
    if ((pair.*fit)() && (first == nullptr || key(pair) < key(*first))) first = &pair;
  return first;
}

auto turn_of(const Pair& pair) {
  return std::tuple(pair.next_request, pair.path);
}

auto rank_of(const Pair& pair) {
  return std::tuple(pair.path, *pair.round_trip);
}

}  // namespace

bool reaches(SocketFamily family, const IpAddress& ip) {
  return (family == SocketFamily::v4) == ip.is_v4();
}

std::chrono::milliseconds retry_after(std::size_t requests) {
  constexpr std::array waits = {20, 20, 20, 20, 40, 40, 80, 80, 160, 160, 320, 320};
  constexpr int later = 500;
  return std::chrono::milliseconds(requests - 1 < waits.size() ? waits.at(requests - 1) : later);
}

Checklist::Checklist(const std::vector<Candidate>& candidates, const std::vector<SocketFamily>& sockets, Instant now) {
  for (const Candidate& candidate : candidates) {
    const auto socket =
        std::ranges::find_if(sockets, [&](SocketFamily family) { return reaches(family, candidate.address.ip); });
    if (socket == sockets.end()) continue;
    Pair pair{static_cast<std::size_t>(socket - sockets.begin()), candidate.address, path_over(candidate)};
    pair.next_request = now;
    pairs_.push_back(pair);
  }
  std::ranges::stable_sort(pairs_, {}, &Pair::path);
  told_ = pairs_.size();
}

Pair* Checklist::find(std::size_t socket, const TransportAddress& remote) {
  const auto found =
      std::ranges::find_if(pairs_, [&](const Pair& pair) { return pair.socket == socket && pair.remote == remote; });
  return found == pairs_.end() ? nullptr : &*found;
}

Pair* Checklist::learn(std::size_t socket, const TransportAddress& remote, Path path, Instant now) {
  if (pairs_.size() - told_ == max_peer_reflexive) return nullptr;
  Pair pair{socket, remote, path};
  pair.next_request = now;
  return &pairs_.emplace_back(pair);
}

Pair* Checklist::next_request() {
  return first_of(pairs_, &Pair::is_open, turn_of);
}

const Pair* Checklist::next_request() const {
  return first_of(pairs_, &Pair::is_open, turn_of);
}

Pair* Checklist::best_valid() {
  return first_of(pairs_, &Pair::is_valid, rank_of);
}

const Pair* Checklist::best_valid() const {
  return first_of(pairs_, &Pair::is_valid, rank_of);
}

bool Checklist::may_become_better_than(Path path) const {
  return std::ranges::any_of(pairs_, [&](const Pair& pair) { return pair.is_open() && pair.path < path; });
}

const Pair* Checklist::told(const TransportAddress& remote) const {
  const auto end = pairs_.begin() + static_cast<std::ptrdiff_t>(told_);
  const auto found = std::find_if(pairs_.begin(), end, [&](const Pair& pair) { return pair.remote == remote; });
  return found == end ? nullptr : &*found;
}

}  // namespace pd::punch
