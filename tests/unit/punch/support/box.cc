#include "box.h"

#include <algorithm>

namespace pd::punch::sim {

bool Box::outbound(Datagram& datagram) {
  if (kind_.drops_udp) return false;
  contacted_[datagram.from].insert(datagram.to);
  if (kind_.mapping != Mapping::none && datagram.from.ip.is_v4()) {
    datagram.from = {outer_, port_for(datagram.from, datagram.to)};
  }
  return true;
}

bool Box::inbound(Datagram& datagram) {
  if (kind_.drops_udp) return false;
  if (kind_.mapping == Mapping::none || !datagram.to.ip.is_v4()) return lets_in(datagram.to, datagram.from);
  const auto found = flows_.find(datagram.to.port);
  if (found == flows_.end()) return false;
  const auto& [inner, remote] = found->second;
  const bool is_of_flow = !remote || *remote == datagram.from;
  if (forwarded_.contains(datagram.to.port)) {
    ports_[{inner, datagram.from}] = datagram.to.port;  // what answers goes the same way back
  } else if (!is_of_flow || !lets_in(inner, datagram.from)) {
    strangers_.insert({datagram.to.port, datagram.from});
    return false;
  }
  datagram.to = inner;
  return true;
}

TransportAddress Box::forward(const TransportAddress& inner) {
  const auto port = new_port();
  flows_.emplace(port, Flow{inner, std::nullopt});
  forwarded_.insert(port);
  return {outer_, port};
}

bool Box::lets_in(const TransportAddress& inner, const TransportAddress& from) const {
  if (kind_.filtering == Filtering::endpoint_independent) return true;
  const auto found = contacted_.find(inner);
  if (found == contacted_.end()) return false;
  if (kind_.filtering == Filtering::address_and_port_dependent) return found->second.contains(from);
  return std::ranges::any_of(found->second, [&](const TransportAddress& to) { return to.ip == from.ip; });
}

std::uint16_t Box::port_for(const TransportAddress& inner, const TransportAddress& to) {
  const Flow special{inner, to};
  if (const auto found = ports_.find(special); found != ports_.end()) return found->second;
  Flow flow{inner, kind_.mapping == Mapping::symmetric ? Remote(to) : std::nullopt};
  const auto usual = ports_.find(flow);
  if (kind_.is_confused_by_strangers && usual != ports_.end() && strangers_.contains({usual->second, to})) {
    flow = special;
  } else if (usual != ports_.end()) {
    return usual->second;
  }
  const auto port = new_port();
  ports_.emplace(flow, port);
  flows_.emplace(port, flow);
  return port;
}

std::uint16_t Box::new_port() {
  std::uniform_int_distribution<unsigned> any(1'024, 65'535);
  for (;;) {
    const auto port = static_cast<std::uint16_t>(any(random_));
    if (!flows_.contains(port)) return port;
  }
}

}  // namespace pd::punch::sim
