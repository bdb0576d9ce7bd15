#include "stun/query.h"

#include <algorithm>

namespace pd::stun {

Query::Query(const TransactionId& id, Clock::time_point now, Timing timing)
    : id_(id), request_(binding_request(id)), timing_(timing), wake_(now) {}

bool Query::due(Clock::time_point now) {
  if (over() || now < wake_) return false;
  if (count_ == std::max(timing_.requests, 1u)) {
    silent_ = true;
    return false;
  }
  ++count_;
  const bool last = count_ == std::max(timing_.requests, 1u);
  // 500, 1000, 2000 … 16000, and in the end 16 times 500 ms.
  wake_ = now + timing_.first * (last ? timing_.last : 1u << std::min(count_ - 1, 16u));
  return true;
}

std::optional<Clock::time_point> Query::wake() const {
  if (over()) return std::nullopt;
  return wake_;
}

bool Query::take(Bytes datagram) {
  if (over() || count_ == 0) return false;
  auto answer = read_answer(datagram);
  if (!answer || answer->id != id_) return false;
  answer_ = *std::move(answer);
  return true;
}

}  // namespace pd::stun
