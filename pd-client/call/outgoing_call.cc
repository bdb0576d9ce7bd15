#include "call/outgoing_call.h"

#include <utility>

namespace pd::call {

OutgoingCall::OutgoingCall(CallId id, std::vector<std::string> devices)
    : id_(std::move(id)), open_(devices.begin(), devices.end()) {}

Effects OutgoingCall::offer(const punch::Description& own, Instant now) {
  if (over()) {
    return {};
  }
  if (open_.empty()) {
    state_ = State::over;
    return {GiveUp{"they have no device"}};
  }
  state_ = State::waiting;
  deadline_ = now + patience;
  Effects effects;
  for (const auto& device : open_) {
    effects.push_back(SendTo{device, Offer{id_, own}});
  }
  return effects;
}

// CALL-12. Who was not offered the call has nothing to answer.
Effects OutgoingCall::answered(const std::string& device, const punch::Description& remote) {
  if (!waiting() || open_.erase(device) == 0) {
    return {};
  }
  state_ = State::over;
  Effects effects{FindPath{device, remote}};
  cancel_all(effects);
  return effects;
}

Effects OutgoingCall::declined(const std::string& device, Reason reason) {
  if (!waiting() || open_.erase(device) == 0) {
    return {};
  }
  busy_ = busy_ || reason == Reason::busy;
  if (!open_.empty()) {
    return {};
  }
  return end_without_answer(busy_ ? "they have too many calls at the moment" : "they cannot be called now");
}

Effects OutgoingCall::tick(Instant now) {
  if (!waiting() || now < deadline_) {
    return {};
  }
  return end_without_answer("nobody answers: they are not there, or have not accepted you");
}

Effects OutgoingCall::abandon() {
  if (waiting()) {
    return end_without_answer("the call was given up");
  }
  state_ = State::over;
  return {};
}

void OutgoingCall::yield() {
  state_ = State::over;
}

Effects OutgoingCall::end_without_answer(std::string why) {
  state_ = State::over;
  Effects effects{GiveUp{std::move(why)}};
  cancel_all(effects);
  return effects;
}

void OutgoingCall::cancel_all(Effects& effects) const {
  for (const auto& device : open_) {
    effects.push_back(SendTo{device, Cancel{id_}});
  }
}

}  // namespace pd::call
