#include "network.h"

#include <utility>

#include "host.h"

namespace pd::punch::sim {
namespace {

constexpr std::chrono::microseconds lan_delay{100};
constexpr int internet_hops = 3;

// The realms from the innermost to the Internet.
std::vector<const Realm*> way_out(const Realm& realm) {
  std::vector<const Realm*> way;
  for (const Realm* it = &realm; it != nullptr; it = it->outside)
    way.push_back(it);
  return way;
}

}  // namespace

Realm& Network::behind(const BoxKind& kind, std::string_view outer, Realm& outside) {
  Box& box = boxes_.emplace_back(kind, ip_address(outer), new_seed());
  Realm& realm = realms_.emplace_back(Realm{&box, &outside, {}, {}});
  outside.behind.emplace(box.outer(), &realm);
  return realm;
}

void Network::send(Realm& realm, Datagram datagram) {
  if (watch) watch(datagram);
  if (!datagram.to.ip.is_v4()) {
    send_v6(realm, std::move(datagram));
  } else {
    forward(realm, std::move(datagram));
  }
}

// A step of an IPv4 datagram that is in `realm` now.
void Network::forward(Realm& realm, Datagram datagram) {
  const auto host = realm.hosts.find(datagram.to.ip);
  const auto box = realm.behind.find(datagram.to.ip);
  if (host != realm.hosts.end()) {
    Host& to = *host->second;
    const auto deliver = [&to](const Datagram& it) { to.receive(it); };
    if (realm.gateway == nullptr) return cross(std::move(datagram), deliver);
    at(now_ + lan_delay, [deliver, datagram] { deliver(datagram); });
  } else if (box != realm.behind.end()) {
    Realm& inside = *box->second;
    const auto enter = [this, &inside](Datagram it) {
      if (inside.gateway->inbound(it) && --it.hop_limit > 0) forward(inside, std::move(it));
    };
    if (realm.gateway == nullptr) return cross(std::move(datagram), enter);
    at(now_ + lan_delay, [enter, datagram] { enter(datagram); });
  } else if (realm.gateway != nullptr && --datagram.hop_limit > 0) {
    Box& gateway = *realm.gateway;
    const bool turns_back = datagram.to.ip == gateway.outer();
    if ((turns_back && !gateway.kind().hairpins) || !gateway.outbound(datagram)) return;
    if (!turns_back) return forward(*realm.outside, std::move(datagram));
    if (gateway.inbound(datagram)) forward(realm, std::move(datagram));
  }
}

void Network::cross(Datagram datagram, std::function<void(Datagram)> arrive) {
  datagram.hop_limit -= internet_hops;
  const bool is_lost = std::uniform_real_distribution<>(0, 1)(random_) < weather_.loss;
  if (is_lost || datagram.hop_limit <= 0) return;
  at(now_ + weather_.delay + lan_delay,
     [arrive = std::move(arrive), datagram = std::move(datagram)] { arrive(datagram); });
}

// Addresses are the same everywhere; the boxes on the way only filter.
void Network::send_v6(Realm& realm, Datagram datagram) {
  const auto found = internet_.hosts.find(datagram.to.ip);
  if (found == internet_.hosts.end()) return;
  Host* to = found->second;
  if (&to->realm() == &realm) {
    return at(now_ + lan_delay, [to, datagram] { to->receive(datagram); });
  }
  for (const Realm* it : way_out(realm)) {
    if (it->gateway != nullptr && (--datagram.hop_limit <= 0 || !it->gateway->outbound(datagram))) return;
  }
  cross(std::move(datagram), [to](Datagram it) {
    const auto way = way_out(to->realm());
    for (auto step = way.rbegin(); step != way.rend(); ++step) {
      if ((*step)->gateway != nullptr && (--it.hop_limit <= 0 || !(*step)->gateway->inbound(it))) return;
    }
    to->receive(it);
  });
}

std::optional<TransportAddress> Network::seen_from(const Realm& realm, const TransportAddress& from,
                                                   const TransportAddress& server) {
  Datagram datagram{from, server, {}};
  for (const Realm* it : way_out(realm)) {
    if (it->gateway != nullptr && !it->gateway->outbound(datagram)) return std::nullopt;
  }
  return datagram.from;
}

void Network::run(Instant end, const std::function<bool()>& done) {
  while (!events_.empty() && events_.begin()->first <= end && !done()) {
    now_ = std::max(now_, events_.begin()->first);
    const auto event = std::move(events_.extract(events_.begin()).mapped());
    event();
  }
}

}  // namespace pd::punch::sim
