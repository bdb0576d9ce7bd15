#include "call.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <variant>

namespace pd::punch::sim {

Peer::Peer(Host& host, Role role, const Habits& habits) : host_(host), role_(role), habits_(habits) {
  open_socket();
  if (host.v6()) open_socket();
  const auto number = reinterpret_cast<std::uintptr_t>(&host);  // one id a machine
  for (std::size_t i = 0; i < sizeof number; ++i)
    machine_.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  own.secret.fill(static_cast<std::uint8_t>(role == Role::caller ? 0xA1 : 0xB2));
  own.nat = gather();
  own.candidates = choose_candidates(own.candidates);
  own.machine = MachineMark{machine_tag(own.secret, machine_), ports_[0], std::nullopt};
}

void Peer::open_socket() {
  const std::size_t place = ports_.size();
  ports_.push_back(host_.open([this, place](const Datagram& datagram) {
    if (puncher_ && puncher_->receive(place, datagram.from, datagram.bytes, host_.network().now())) return work();
    other = datagram;
    other_socket = place;
  }));
}

std::optional<TransportAddress> Peer::seen_from(std::string_view server) {
  return host_.network().seen_from(host_.realm(), {host_.v4(), ports_[0]}, TransportAddress::parse(server).value());
}

NatKind Peer::gather() {
  const TransportAddress inner{host_.v4(), ports_[0]};
  own.candidates.push_back({CandidateType::host, Transport::udp, inner});
  if (host_.v6()) own.candidates.push_back({CandidateType::host, Transport::udp, {*host_.v6(), ports_[1]}});
  if (habits_.maps_port) {
    own.candidates.push_back({CandidateType::port_mapped, Transport::udp, host_.realm().gateway->forward(inner)});
  }
  const auto first = seen_from("198.18.0.1:3478");
  const auto second = seen_from("198.18.0.2:3479");
  if (!first || !second) return NatKind::blocked;
  own.candidates.push_back({CandidateType::server_reflexive, Transport::udp, *first});
  if (*first == inner) return NatKind::open;
  return *first == *second ? NatKind::endpoint_independent : NatKind::symmetric;
}

void Peer::begin(const Description& remote) {
  began = host_.network().now();
  std::vector<SocketFamily> sockets{SocketFamily::v4};
  if (host_.v6()) sockets.push_back(SocketFamily::v6);
  puncher_.emplace(Setup{role_, own, remote, machine_, std::move(sockets), habits_.seed}, began);
  work();
}

void Peer::send_over_path(identity::ByteView bytes) {
  host_.send(ports_.at(found->socket), found->remote, bytes);
}

void Peer::work() {
  while (const auto effect = puncher_->next())
    apply(*effect);
  const auto wake = puncher_->wake();
  if (!wake || (wakes_ && *wakes_ <= *wake)) return;
  wakes_ = wake;
  host_.network().at(*wake, [this, wake] {
    if (wakes_ != wake) return;  // an earlier one took its place
    wakes_.reset();
    puncher_->tick(host_.network().now());
    work();
  });
}

void Peer::apply(const Effect& effect) {
  if (const auto* send = std::get_if<Send>(&effect)) {
    sent.push_back(*send);
    host_.send(ports_.at(send->socket), send->to, send->packet, send->hop_limit.value_or(64));
  } else if (const auto* open = std::get_if<OpenSockets>(&effect)) {
    const auto count = std::min(open->count, habits_.sockets);
    for (std::size_t i = 0; i < count; ++i)
      open_socket();
    puncher_->sockets_opened(count, host_.network().now());
  } else {
    ended = host_.network().now();
    if (const auto* path = std::get_if<Found>(&effect)) found = *path;
    if (const auto* end = std::get_if<Failed>(&effect)) failed = *end;
  }
}

void call(Network& network, Peer& caller, Peer& callee, std::chrono::microseconds answer) {
  const Instant start = network.now();
  callee.begin(caller.own);
  network.at(start + answer, [&] { caller.begin(callee.own); });
  network.run(start + std::chrono::seconds(12), [&] { return caller.is_done() && callee.is_done(); });
}

bool path_works(Network& network, Peer& caller, Peer& callee) {
  if (!caller.found || !callee.found) return false;
  const std::array<std::uint8_t, 3> hello = {0x16, 0x03, 0x01};
  const auto arrives = [&](Peer& from, Peer& to) {
    to.other.reset();
    // A few of them: some may be lost.
    for (int i = 0; i < 20 && !to.other; ++i) {
      from.send_over_path(hello);
      network.run(network.now() + std::chrono::seconds(1), [&] { return to.other.has_value(); });
    }
    return to.other && to.other_socket == to.found->socket && to.other->from == to.found->remote;
  };
  return arrives(caller, callee) && arrives(callee, caller);
}

}  // namespace pd::punch::sim
