#include "call/incoming_calls.h"

namespace pd::call {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes remembered_for{5};  // CALL-9
constexpr std::size_t most_remembered = 1'024;
constexpr int burst_of_address = 8;  // CALL-17
constexpr std::chrono::milliseconds pause_of_address = 2s;

}  // namespace

IncomingCalls::IncomingCalls() : paces_(burst_of_address, pause_of_address, {}) {}

IncomingCalls::Ruling IncomingCalls::offered(const Caller& caller, const CallId& call,
                                             const std::optional<CallId>& ours, Instant now) {
  if (!is_new(caller.address, call, now)) {
    return {Take::drop};
  }
  if (!paces_.take(caller.address.text(), now)) {
    return {Take::busy};
  }
  if (ours && *ours < call) {
    return {Take::drop};
  }
  const auto before = calls_.find(caller);
  if (before == calls_.end() && calls_.size() >= most_calls) {
    return {Take::busy};
  }
  Ruling ruling{Take::take, {}, ours.has_value()};
  if (before != calls_.end()) {
    ruling.replaced = before->second;
  }
  calls_.insert_or_assign(caller, call);
  return ruling;
}

bool IncomingCalls::over(const Caller& caller, const CallId& call) {
  const auto found = calls_.find(caller);
  if (found == calls_.end() || found->second != call) {
    return false;
  }
  calls_.erase(found);
  return true;
}

// What does not fit is not taken: forgetting another would let that one be replayed.
bool IncomingCalls::is_new(const identity::Address& address, const CallId& call, Instant now) {
  std::erase_if(seen_, [&](const auto& each) { return each.second <= now; });
  return seen_.size() < most_remembered && seen_.emplace(std::pair(address, call), now + remembered_for).second;
}

}  // namespace pd::call
