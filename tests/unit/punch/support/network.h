#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "box.h"
#include "punch/checklist.h"

namespace pd::punch::sim {

class Host;

// One address space: the Internet, or what is behind a box.
struct Realm {
  Box* gateway = nullptr;  // none: the Internet
  Realm* outside = nullptr;
  std::map<IpAddress, Host*> hosts;
  std::map<IpAddress, Realm*> behind;  // the realm behind the box with that address
};

struct Weather {
  std::chrono::microseconds delay{0};  // across the Internet, one way
  double loss = 0;
};

// A network with a clock of its own: datagrams and timers happen in the order of their times, as fast as they can be
// worked off.
class Network {
 public:
  explicit Network(Weather weather = {}, std::uint32_t seed = 1) : weather_(weather), random_(seed) {}

  Realm& internet() { return internet_; }
  // A realm behind a box, whose outer address is one of `outside`.
  Realm& behind(const BoxKind& kind, std::string_view outer, Realm& outside);

  void send(Realm& realm, Datagram datagram);
  // As what `from` sends to `server` looks when it arrives there (STUN); none when it does not.
  std::optional<TransportAddress> seen_from(const Realm& realm, const TransportAddress& from,
                                            const TransportAddress& server);

  Instant now() const { return now_; }
  void at(Instant time, std::function<void()> event) { events_.emplace(time, std::move(event)); }
  // Until `done`, or `end`, or nothing is left to happen.
  void run(Instant end, const std::function<bool()>& done);

  // Sees every datagram that a host sends.
  std::function<void(const Datagram&)> watch;

 private:
  void forward(Realm& realm, Datagram datagram);
  void cross(Datagram datagram, std::function<void(Datagram)> arrive);
  void send_v6(Realm& realm, Datagram datagram);
  std::uint32_t new_seed() { return static_cast<std::uint32_t>(random_()); }

  Weather weather_;
  std::mt19937 random_;
  Realm internet_;
  std::list<Box> boxes_;
  std::list<Realm> realms_;
  Instant now_ = Instant{} + std::chrono::hours(1);
  std::multimap<Instant, std::function<void()>> events_;
};

}  // namespace pd::punch::sim
