#include "punch/spray.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace pd::punch {
namespace {

constexpr std::size_t first_port = 1'024;
constexpr std::size_t port_count = 65'536 - first_port;

bool keeps_its_port(NatKind kind) {
  return kind == NatKind::open || kind == NatKind::endpoint_independent;
}

// The first address over UDP and IPv4 of the first of these paths that has one.
std::optional<TransportAddress> first_address(const Description& remote, std::initializer_list<Path> paths) {
  for (const Path path : paths) {
    for (const Candidate& candidate : remote.candidates) {
      const bool fits = candidate.transport == Transport::udp && candidate.address.ip.is_v4();
      if (fits && path_over(candidate) == path) return candidate.address;
    }
  }
  return std::nullopt;
}

std::vector<std::uint16_t> shuffled_ports(std::uint64_t seed) {
  std::vector<std::uint16_t> ports(port_count);
  std::iota(ports.begin(), ports.end(), static_cast<std::uint16_t>(first_port));
  std::mt19937_64 random(seed);
  std::ranges::shuffle(ports, random);
  ports.resize(max_spray_probes);
  return ports;
}

}  // namespace

std::optional<Spray> Spray::plan(const Setup& setup, Instant start) {
  const auto socket = std::ranges::find_if(setup.sockets, [](SocketFamily it) { return it == SocketFamily::v4; });
  if (socket == setup.sockets.end()) return std::nullopt;
  if (setup.own.nat == NatKind::symmetric && keeps_its_port(setup.remote.nat)) {
    const auto target = first_address(setup.remote, {Path::server_reflexive, Path::port_mapped, Path::public_address});
    if (target) return Spray(true, *target, start + sockets_open_after);
  }
  if (keeps_its_port(setup.own.nat) && setup.remote.nat == NatKind::symmetric) {
    const auto target = first_address(setup.remote, {Path::server_reflexive});
    if (!target) return std::nullopt;
    Spray spray(false, *target, start + ports_probed_after);
    spray.port_socket_ = static_cast<std::size_t>(socket - setup.sockets.begin());
    spray.ports_ = shuffled_ports(setup.seed);
    return spray;
  }
  return std::nullopt;
}

bool Spray::wants_sockets(Instant now) {
  if (!opens_sockets_ || has_asked_ || now < *next_) return false;
  has_asked_ = true;
  next_.reset();
  return true;
}

void Spray::sockets_opened(std::size_t first, std::size_t count, Instant now) {
  if (!has_asked_ || socket_count_ != 0 || count == 0) return;
  first_socket_ = first;
  socket_count_ = std::min(count, spray_sockets);
  second_round_ = now + sockets_again_after;
  next_ = now;
}

bool Spray::explains(std::size_t socket, const TransportAddress& from) const {
  if (!opens_sockets_) return done_ > 0 && from.ip == target_.ip;
  return socket >= first_socket_ && socket - first_socket_ < socket_count_;
}

std::vector<Spray::Shot> Spray::due(Instant now) {
  if (!next_ || now < *next_) return {};
  return opens_sockets_ ? due_sockets(now) : due_ports(now);
}

std::vector<Spray::Shot> Spray::due_ports(Instant now) {
  std::vector<Shot> shots;
  for (; shots.size() < ports_at_once && done_ < ports_.size(); ++done_)
    shots.push_back({port_socket_, {target_.ip, ports_[done_]}, false});
  next_ = done_ < ports_.size() ? std::optional(now + spray_interval) : std::nullopt;
  return shots;
}

// The first round opens our NAT and no more: what came to the other side's NAT before that had sent anything might make
// it give its own packets another port (REACH-17). The second reaches beyond a second NAT of ours.
std::vector<Spray::Shot> Spray::due_sockets(Instant now) {
  const bool is_first_round = done_ < socket_count_;
  const std::size_t end = is_first_round ? socket_count_ : 2 * socket_count_;
  std::vector<Shot> shots;
  for (; shots.size() < sockets_at_once && done_ < end; ++done_)
    shots.push_back({first_socket_ + done_ % socket_count_, target_, is_first_round});
  if (done_ < end) {
    next_ = now + spray_interval;
  } else if (is_first_round) {
    next_ = std::max(second_round_, now + spray_interval);
  } else {
    next_.reset();
  }
  return shots;
}

}  // namespace pd::punch
