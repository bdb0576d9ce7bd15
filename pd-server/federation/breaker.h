#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "federation/lru.h"

namespace pd::federation {

using Nanos = std::chrono::nanoseconds;

struct BreakerRule {
  unsigned failures = 3;                  // in a row, then it opens
  Nanos first = std::chrono::seconds(1);  // how long it stays open at first; doubles with each failed probe
  Nanos longest = std::chrono::seconds(60);
  Nanos probe = std::chrono::seconds(30);  // a probe that says nothing for so long is given up
  std::size_t domains = 10'000;            // remembered; the ones that were asked for longest ago are forgotten first
};

// Whether it is worth while to ask a domain now (FED-14). Closed: ask. Open: don't, it failed too often. Half-open: one
// may try. Pure: the time is any steady one, `jitter` any number in [0, 1). One thread at a time.
class Breakers {
 public:
  explicit Breakers(BreakerRule rule) : rule_(rule) {}

  // True: go and ask, then report with succeeded(), failed() or unanswered().
  bool permits(std::string_view domain, Nanos now);
  void succeeded(std::string_view domain) { states_.erase(domain); }
  // The open time is varied by a quarter either way, so that servers do not come back all at once.
  void failed(std::string_view domain, Nanos now, double jitter);

  // Nothing was learned, because this server itself had no room: the next may try.
  void unanswered(std::string_view domain);

  // How many domains are not asked now.
  std::size_t open(Nanos now) const;
  std::size_t size() const { return states_.size(); }

 private:
  struct State {
    unsigned failures = 0;
    Nanos backoff{0};  // zero: closed
    Nanos open_until{0};
    Nanos probe_until{0};  // a probe is under way until then
  };

  State& state_of(std::string_view domain);

  BreakerRule rule_;
  Lru<State> states_;  // of the domains that failed last
};

}  // namespace pd::federation
