#include "federation/breaker.h"

#include <algorithm>

namespace pd::federation {

bool Breakers::permits(std::string_view domain, Nanos now) {
  auto* state = states_.find(domain);
  if (state == nullptr || state->backoff == Nanos{0}) return true;
  if (now < state->open_until || now < state->probe_until) return false;
  state->probe_until = now + rule_.probe;
  return true;
}

void Breakers::failed(std::string_view domain, Nanos now, double jitter) {
  auto& state = state_of(domain);
  const bool opened = state.backoff > Nanos{0};
  // Requests that began before it opened end later: they say nothing new.
  if (opened && now < state.open_until) return;
  if (++state.failures < rule_.failures && !opened) return;
  state.backoff = opened ? std::min(state.backoff * 2, rule_.longest) : rule_.first;
  const auto varied = static_cast<double>(state.backoff.count()) * (0.75 + 0.5 * jitter);
  state.open_until = now + Nanos{static_cast<Nanos::rep>(varied)};
  state.probe_until = Nanos{0};
}

void Breakers::unanswered(std::string_view domain) {
  if (auto* state = states_.find(domain)) state->probe_until = Nanos{0};
}

std::size_t Breakers::open(Nanos now) const {
  return static_cast<std::size_t>(std::count_if(states_.entries().begin(), states_.entries().end(),
                                                [&](const auto& entry) { return now < entry.second.open_until; }));
}

Breakers::State& Breakers::state_of(std::string_view domain) {
  if (auto* state = states_.find(domain)) return *state;
  if (states_.size() >= rule_.domains) states_.erase_oldest();
  return states_.put(std::string(domain), {});
}

}  // namespace pd::federation
