#include "call/calls.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

namespace pd::call {

namespace asio = boost::asio;
using connect::Cause;
using connect::no_link;
using directory::VerifiedPeer;

namespace {

constexpr std::chrono::seconds patience_with_theirs{20};
// CALL-18.
constexpr int answers_at_once = 8;
constexpr std::chrono::seconds answer_pause_of_address{30};
constexpr std::chrono::seconds answer_pause_of_all{2};

std::vector<std::string> device_ids(const VerifiedPeer& peer) {
  std::vector<std::string> ids;
  for (const auto& device : peer.state().devices) {
    ids.push_back(device.key.id());
  }
  return ids;
}

std::vector<SendTo> sends_in(const Effects& effects) {
  std::vector<SendTo> sends;
  for (const auto& effect : effects) {
    if (const auto* send = std::get_if<SendTo>(&effect)) {
      sends.push_back(*send);
    }
  }
  return sends;
}

std::string why_given_up(const Effects& effects) {
  for (const auto& effect : effects) {
    if (const auto* given_up = std::get_if<GiveUp>(&effect)) {
      return given_up->why;
    }
  }
  return {};
}

}  // namespace

Calls::Placed::Placed(const asio::any_io_executor& executor, VerifiedPeer peer)
    : callee(std::move(peer)), call(new_call_id(), device_ids(callee)), changed(executor) {}

// Whatever ends a call of ours: what there still is to say is said, and nothing refers to it any more.
class Calls::Leaving {
 public:
  Leaving(Calls& calls, std::list<Placed>::iterator placed) : calls_(calls), placed_(placed) {}
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;
  ~Leaving() {
    calls_.apply(*placed_, placed_->call.abandon());
    calls_.placed_.erase(placed_);
    calls_.idle_.notify();
  }

 private:
  Calls& calls_;
  std::list<Placed>::iterator placed_;
};

Calls::Calls(Parts parts, Watcher& watcher)
    : parts_(std::move(parts)),
      watcher_(watcher),
      inbox_({parts_.workers, parts_.people, parts_.gatekeeper, parts_.self, parts_.clock},
             [this](const identity::Address& address) { return in_call(address); }),
      outbox_({parts_.workers, parts_.mailbox, parts_.self, parts_.clock}),
      presence_(answers_at_once, answer_pause_of_address, answer_pause_of_all),
      idle_(parts_.executor) {}

std::optional<VerifiedPeer> Calls::in_call(const identity::Address& address) const {
  for (const auto& placed : placed_) {
    if (placed.callee.address() == address) {
      return placed.callee;
    }
  }
  for (const auto& [caller, taken] : taken_) {
    if (caller.address == address) {
      return taken.peer;
    }
  }
  return questions_.asked(address, std::chrono::steady_clock::now());
}

bool Calls::is_called_by(const identity::Address& address) const {
  return std::any_of(taken_.begin(), taken_.end(), [&](const auto& each) { return each.first.address == address; });
}

Calls::Placed* Calls::placed_to(const identity::Address& address) {
  const auto found =
      std::find_if(placed_.begin(), placed_.end(), [&](const auto& each) { return each.callee.address() == address; });
  return found == placed_.end() ? nullptr : &*found;
}

// The same, while nobody has answered it.
Calls::Placed* Calls::open_call_to(const identity::Address& address) {
  auto* placed = placed_to(address);
  return placed == nullptr || placed->call.over() ? nullptr : placed;
}

// --- our own calls ---------------------------------------------------------------------------------------------------

asio::awaitable<connect::Outcome<Calls::Reached>> Calls::link_to(VerifiedPeer callee) {
  if (closing_ || placed_to(callee.address()) != nullptr) {
    co_return no_link(Cause::busy, "they are being called already");
  }
  const auto placed = placed_.emplace(placed_.end(), parts_.executor, std::move(callee));
  const Leaving leaving(*this, placed);
  take_unanswered(placed->callee);
  if (is_called_by(placed->callee.address())) {  // CALL-16
    placed->call.yield();
    placed->yielded = true;
    co_return co_await wait_for_theirs(*placed);
  }
  const auto place = co_await parts_.paths.gather();
  const auto effects = placed->call.offer(place->description(), std::chrono::steady_clock::now());
  placed->why = why_given_up(effects);
  auto offers = sends_in(effects);
  co_await outbox_.send(placed->callee, std::move(offers));
  while (placed->call.waiting()) {
    co_await placed->changed.wait(placed->call.deadline());
    apply(*placed, placed->call.tick(std::chrono::steady_clock::now()));
  }
  co_return co_await carry_out(*placed, *place);
}

asio::awaitable<connect::Outcome<Calls::Reached>> Calls::carry_out(Placed& placed, Place& place) {
  if (placed.yielded) {
    co_return co_await wait_for_theirs(placed);
  }
  if (!placed.remote) {
    co_return no_link(Cause::unreachable, placed.why);
  }
  auto found = co_await place.find_path(*placed.remote, punch::Role::caller, placed.callee);
  if (!found) {
    co_return tl::unexpected(found.error());
  }
  co_return Reached{*std::move(found), session::Way::call};
}

// Sends what is to be sent while link_to() goes on, and leaves it the rest.
void Calls::apply(Placed& placed, const Effects& effects) {
  send_later(placed.callee, sends_in(effects));
  for (const auto& effect : effects) {
    if (const auto* path = std::get_if<FindPath>(&effect)) {
      placed.remote = path->remote;
    }
  }
  if (auto why = why_given_up(effects); !why.empty()) {
    placed.why = std::move(why);
  }
  placed.changed.notify();
}

// CALL-16: theirs goes on; the link is ours all the same.
asio::awaitable<connect::Outcome<Calls::Reached>> Calls::wait_for_theirs(Placed& placed) {
  const auto until = std::chrono::steady_clock::now() + patience_with_theirs;
  while (!placed.instead) {
    const bool in_time = co_await placed.changed.wait(until);
    if (!in_time) {
      co_return no_link(Cause::unreachable, "they call, and cannot be reached");
    }
  }
  auto outcome = *std::move(placed.instead);
  if (!outcome) {
    co_return tl::unexpected(outcome.error());
  }
  co_return Reached{*std::move(outcome), session::Way::their_call};
}

// --- questions -------------------------------------------------------------------------------------------------------

asio::awaitable<void> Calls::ask(VerifiedPeer contact) {
  const auto question = new_call_id();
  if (closing_ || !parts_.gatekeeper.is_contact(contact) ||
      !questions_.open(question, contact, std::chrono::steady_clock::now())) {
    co_return;
  }
  std::vector<SendTo> messages;
  for (const auto& device : device_ids(contact)) {
    messages.push_back({device, AreYouHere{question}});
  }
  co_await outbox_.send(std::move(contact), std::move(messages));
}

// --- coroutines of its own -------------------------------------------------------------------------------------------

void Calls::spawn(std::function<asio::awaitable<void>()> work) {
  start(tasks_.emplace(tasks_.end()), std::move(work));
}

// It may be over when this returns, but `task` is not gone yet.
void Calls::start(Tasks::iterator task, std::function<asio::awaitable<void>()> work) {
  asio::co_spawn(parts_.executor, std::move(work),
                 asio::bind_cancellation_slot(task->slot(), [this, task](const std::exception_ptr&) {
                   tasks_.erase(task);
                   idle_.notify();
                 }));
}

void Calls::send_later(const VerifiedPeer& to, std::vector<SendTo> messages) {
  if (!messages.empty()) {
    spawn([this, to, messages = std::move(messages)] { return send_quietly(to, messages); });
  }
}

asio::awaitable<void> Calls::send_quietly(VerifiedPeer to, std::vector<SendTo> messages) {
  try {
    co_await outbox_.send(std::move(to), std::move(messages));
  } catch (const directory::Failure&) {  // whoever waits for it gives up in their own time
  }
}

asio::awaitable<void> Calls::shut_down(std::chrono::milliseconds patience) {
  closing_ = true;
  for (const auto& [caller, taken] : std::exchange(taken_, {})) {
    taken.cancel->emit(asio::cancellation_type::terminal);
  }
  auto until = std::chrono::steady_clock::now() + patience;
  while (!tasks_.empty() || !placed_.empty()) {
    const bool in_time = co_await idle_.wait(until);
    if (!in_time) {
      until = std::chrono::steady_clock::time_point::max();
      for (auto& task : tasks_) {
        task.emit(asio::cancellation_type::terminal);
      }
    }
  }
}

}  // namespace pd::call
