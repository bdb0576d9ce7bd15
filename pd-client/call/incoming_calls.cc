#include "call/incoming_calls.h"

#include <algorithm>
#include <string_view>
#include <utility>

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
  if (is_known(caller.address, call, now)) {
    return {Take::drop};
  }
  if (!paces_.take(caller.address.text(), now)) {
    return {Take::busy};
  }
  remember({caller.address, call, now + remembered_for});
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

bool IncomingCalls::is_known(const identity::Address& from, const CallId& call, Instant now) {
  std::erase_if(seen_, [&](const Seen& each) { return each.until <= now; });
  return std::ranges::any_of(seen_, [&](const Seen& each) { return each.call == call && each.from == from; });
}

// A flood drives out only its own (CALL-9).
void IncomingCalls::remember(Seen seen) {
  if (seen_.size() >= most_remembered) {
    std::map<std::string_view, std::size_t> counts;
    for (const auto& each : seen_) {
      ++counts[each.from.domain().text()];
    }
    const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->second;
    seen_.erase(
        std::ranges::find_if(seen_, [&](const Seen& each) { return counts[each.from.domain().text()] == most; }));
  }
  seen_.push_back(std::move(seen));
}

}  // namespace pd::call
