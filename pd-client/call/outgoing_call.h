#pragma once

#include <chrono>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "call/message.h"

namespace pd::call {

using Instant = std::chrono::steady_clock::time_point;

// What a state machine wants done.
struct SendTo {
  std::string device;  // key id
  Message message;
  bool operator==(const SendTo&) const = default;
};
struct FindPath {
  std::string device;  // key id of the one that has answered
  punch::Description remote;
  bool operator==(const FindPath&) const = default;
};
struct GiveUp {
  std::string why;  // for people
  bool operator==(const GiveUp&) const = default;
};
using Effect = std::variant<SendTo, FindPath, GiveUp>;
using Effects = std::vector<Effect>;  // in this order

// The caller's side of one call, from the offer to the moment at which the path is looked for (CALL-10 … CALL-16).
// Pure: what happens goes in, what is to be done comes out. When it is over nothing more comes out.
class OutgoingCall {
 public:
  static constexpr std::chrono::seconds patience{10};  // CALL-13

  // `devices`: the key ids of the callee's.
  OutgoingCall(CallId id, std::vector<std::string> devices);

  const CallId& id() const { return id_; }
  bool waiting() const { return state_ == State::waiting; }
  bool over() const { return state_ == State::over; }
  Instant deadline() const { return deadline_; }  // while waiting()

  // Begins, unless it is over already. Call it once.
  Effects offer(const punch::Description& own, Instant now);

  // A device says so, of this call.
  Effects answered(const std::string& device, const punch::Description& remote);
  Effects declined(const std::string& device, Reason reason);

  // The time is `now`.
  Effects tick(Instant now);
  // The owner does not want it any more.
  Effects abandon();
  // It is given up for a call of the other side's (CALL-16): nothing is to be sent.
  void yield();

 private:
  enum class State { fresh, waiting, over };
  Effects end_without_answer(std::string why);
  void cancel_all(Effects& effects) const;

  CallId id_;
  std::set<std::string> open_;  // devices that have said nothing yet
  State state_ = State::fresh;
  bool busy_ = false;  // one of them has declined because it is
  Instant deadline_{};
};

}  // namespace pd::call
