#include "call/calls.h"

#include <algorithm>
#include <utility>

// What comes to Calls: the calls of others, and what they say about ours.
namespace pd::call {

namespace asio = boost::asio;
using connect::Cause;
using connect::no_link;

namespace {

constexpr std::size_t most_reading = 32;  // signals whose sender is being looked up

// CALL-23.
bool is_for_holder(const Message& message) {
  return std::holds_alternative<Offer>(message) || std::holds_alternative<AreYouHere>(message);
}

}  // namespace

// A signal that was counted by receive(), until it has been read.
class Calls::Reading {
 public:
  explicit Reading(Calls& calls) : calls_(calls) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { --calls_.reading_; }

 private:
  Calls& calls_;
};

void Calls::receive(std::string signal, Interest interest) {
  if (!closing_ && reading_ < most_reading) {
    ++reading_;
    spawn([this, signal = std::move(signal), interest] { return read(signal, interest); });
  }
}

asio::awaitable<void> Calls::read(std::string signal, Interest interest) {
  const Reading counted(*this);
  const auto received = co_await inbox_.read(std::move(signal));
  if (received && !closing_ && (interest == Interest::everything || !is_for_holder(received->message))) {
    handle(*received);
  }
}

void Calls::handle(const Received& received) {
  if (const auto* offer = std::get_if<Offer>(&received.message)) {
    handle_offer(received, *offer);
  } else if (const auto* cancel = std::get_if<Cancel>(&received.message)) {
    give_up({received.from.address(), received.device}, cancel->call);
  } else if (const auto* question = std::get_if<AreYouHere>(&received.message)) {
    const auto now = std::chrono::steady_clock::now();
    if (parts_.gatekeeper.is_contact(received.from) &&
        presence_.take(received.from.address().text(), now)) {  // CALL-18
      send_later(received.from, {SendTo{received.device, IAmHere{question->call}}});
    }
  } else if (const auto* here = std::get_if<IAmHere>(&received.message)) {
    if (questions_.answered(here->call, received.from.address(), std::chrono::steady_clock::now())) {
      watcher_.here(received.from.address());
    }
  } else {
    handle_reply(received);
  }
}

void Calls::handle_reply(const Received& received) {
  auto* placed = placed_to(received.from.address());
  if (placed == nullptr || placed->call.id() != call_of(received.message)) {
    return;
  }
  if (const auto* answer = std::get_if<Answer>(&received.message)) {
    apply(*placed, placed->call.answered(received.device, answer->description));
  } else if (const auto* decline = std::get_if<Decline>(&received.message)) {
    apply(*placed, placed->call.declined(received.device, decline->reason));
  }
}

void Calls::handle_offer(const Received& received, const Offer& offer) {
  if (open_call_to(received.from.address()) != nullptr) {  // CALL-16
    return take(received, offer);
  }
  const auto verdict = parts_.gatekeeper.judge(received.from);
  if (verdict == directory::Verdict::let_in && watcher_.takes(received.from)) {
    return take(received, offer);
  }
  unanswered_.keep(received, std::chrono::steady_clock::now());
  if (verdict == directory::Verdict::ask) {
    watcher_.asked(received.from);
  }
}

// What they are known by is what they were verified by for our call.
void Calls::take_unanswered(const directory::VerifiedPeer& callee) {
  if (parts_.gatekeeper.is_blocked(callee.address())) {
    return;
  }
  auto theirs = unanswered_.take(callee.address(), std::chrono::steady_clock::now());
  const auto& devices = callee.state().devices;
  if (theirs && std::ranges::any_of(devices, [&](const auto& each) { return each.key.id() == theirs->device; })) {
    theirs->from = callee;
    take(*theirs, std::get<Offer>(theirs->message));
  }
}

void Calls::take(const Received& received, const Offer& offer) {
  const Caller caller{received.from.address(), received.device};
  auto* ours = open_call_to(caller.address);
  const auto ruling = incoming_.offered(caller, offer.call, ours ? std::optional(ours->call.id()) : std::nullopt,
                                        std::chrono::steady_clock::now());
  if (ruling.take == IncomingCalls::Take::busy && parts_.gatekeeper.is_contact(received.from)) {  // CALL-8
    send_later(received.from, {SendTo{caller.device, Decline{offer.call, Reason::busy}}});
  }
  if (ruling.take != IncomingCalls::Take::take) {
    return;
  }
  if (ruling.yield) {
    ours->call.yield();
    ours->yielded = true;
    ours->changed.notify();
  }
  if (const auto before = taken_.extract(caller)) {
    before.mapped().cancel->emit(asio::cancellation_type::terminal);
  }
  const auto task = tasks_.emplace(tasks_.end());
  taken_.insert_or_assign(caller, Taken{received.from, offer.call, &*task});
  start(task, [this, received] { return answer(received); });
}

asio::awaitable<void> Calls::answer(Received received) {
  const Caller caller{received.from.address(), received.device};
  const auto& offer = std::get<Offer>(received.message);
  auto found = co_await find_caller(received, offer);
  if (incoming_.over(caller, offer.call)) {
    taken_.erase(caller);
  }
  auto* ours = placed_to(caller.address);
  if (ours != nullptr && ours->yielded && !ours->instead) {
    ours->instead = std::move(found);
    ours->changed.notify();
  } else if (!parts_.gatekeeper.lets_in(received.from)) {
    // They were let in for a call of ours (CALL-16), which is over.
  } else if (found) {
    watcher_.called(*std::move(found));
  } else {
    watcher_.missed(caller.address, found.error().text());
  }
}

asio::awaitable<LinkOutcome> Calls::find_caller(const Received& received, const Offer& offer) {
  std::string why;
  try {
    const auto place = co_await parts_.paths.gather();
    // The answer is on its way while the path is looked for (CALL-11).
    send_later(received.from, {SendTo{received.device, Answer{offer.call, place->description()}}});
    co_return co_await place->find_path(offer.description, punch::Role::callee, received.from);
  } catch (const directory::Failure& failure) {
    why = failure.what();
  }
  co_return no_link(Cause::unreachable, std::move(why));
}

void Calls::give_up(const Caller& caller, const CallId& call) {
  unanswered_.cancelled(caller, call);
  if (!incoming_.over(caller, call)) {
    return;
  }
  if (const auto taken = taken_.extract(caller)) {
    taken.mapped().cancel->emit(asio::cancellation_type::terminal);
  }
  auto* ours = placed_to(caller.address);
  if (ours != nullptr && ours->yielded && !ours->instead) {
    ours->instead = no_link(Cause::unreachable, "they called at the same moment, and gave it up");
    ours->changed.notify();
  }
}

}  // namespace pd::call
