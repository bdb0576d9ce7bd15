#include "federation/gate.h"

namespace pd::federation {

awaitable<Gate::Permit> Gate::enter(std::string domain, bool known) {
  if (inside_ >= rule_.overall || (!known && crowded()))
    throw RemoteError(Trouble::busy, "too many requests are under way");
  auto& lane = lanes_[domain];
  if (lane.inside < rule_.a_domain) {
    ++lane.inside;
    ++inside_;
    co_return Permit(this, std::move(domain));
  }
  if (lane.queue.size() >= rule_.queued)
    throw RemoteError(Trouble::busy, "too many requests to " + domain + " are waiting");
  const auto turn =
      co_await await_reply<Turn>(Turn::refused, [&lane](Reply<Turn> reply) { lane.queue.push_back(std::move(reply)); });
  if (turn == Turn::refused) throw RemoteError(Trouble::unreachable, "this server is shutting down");
  co_return Permit(this, std::move(domain));
}

// The place goes to the next in the queue, which counts as inside from now on.
void Gate::leave(const std::string& domain) {
  const auto found = lanes_.find(domain);
  auto& lane = found->second;
  if (!lane.queue.empty()) {
    auto next = std::move(lane.queue.front());
    lane.queue.pop_front();
    return next.send(Turn::given);
  }
  --inside_;
  if (--lane.inside == 0) lanes_.erase(found);
}

void Gate::abandon() {
  for (auto& [domain, lane] : lanes_)
    lane.queue.clear();
}

}  // namespace pd::federation
