#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host.h"
#include "punch/puncher.h"

namespace pd::punch::sim {

// One side of a call: the sockets of a host, what it tells, and its Puncher.
class Peer {
 public:
  struct Habits {
    bool maps_port = false;     // its router forwards the first socket's port
    std::size_t sockets = 256;  // so many more it can open
    std::uint64_t seed = 1;
  };

  Peer(Host& host, Role role, const Habits& habits);
  Peer(Host& host, Role role) : Peer(host, role, Habits()) {}

  // What it tells, from its interfaces, two STUN servers and its router. Tests may change it before begin().
  Description own;

  void begin(const Description& remote);

  Host& host() const { return host_; }
  std::uint16_t port(std::size_t socket) const { return ports_.at(socket); }
  bool is_done() const { return found || failed; }
  // Sends as what is above a path would.
  void send_over_path(identity::ByteView bytes);

  std::optional<Found> found;
  std::optional<Failed> failed;
  Instant began;
  Instant ended;
  std::vector<Send> sent;
  std::optional<Datagram> other;            // the last that was no probe,
  std::optional<std::size_t> other_socket;  // and where it came

 private:
  void open_socket();
  std::optional<TransportAddress> seen_from(std::string_view server);
  NatKind gather();
  void work();
  void apply(const Effect& effect);

  Host& host_;
  Role role_;
  Habits habits_;
  MachineId machine_;
  std::vector<std::uint16_t> ports_;
  std::optional<Puncher> puncher_;
  std::optional<Instant> wakes_;
};

// The callee begins; the caller when the answer has reached it, `answer` later. Runs until both are done, or 12 s have
// passed.
void call(Network& network, Peer& caller, Peer& callee, std::chrono::microseconds answer);

// Whether what each sends over its path comes to the socket of the other's, from where the other expects it.
bool path_works(Network& network, Peer& caller, Peer& callee);

}  // namespace pd::punch::sim
