#include "command/presence.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

namespace pd::command {

namespace asio = boost::asio;
using directory::ContactPin;
using directory::VerifiedPeer;
using identity::Address;
using std::chrono::steady_clock;

namespace {

using namespace std::chrono_literals;

// AGT-28.
constexpr std::size_t most_asked_at_once = 4;
constexpr int people_at_once = 30;
constexpr int devices_at_once = 60;
constexpr std::chrono::milliseconds between_questions = 2s;
constexpr std::chrono::milliseconds time_to_find = 20s;

}  // namespace

Presence::Presence(Parts parts)
    : parts_(std::move(parts)),
      people_(people_at_once, between_questions),
      devices_(devices_at_once, between_questions),
      ended_(parts_.executor) {}

agent::Attendance Presence::ask() {
  const auto connected = parts_.connected();
  const auto said = roll_.here(steady_clock::now());
  std::set<Address> here(connected.begin(), connected.end());
  here.insert(said.begin(), said.end());
  queue_up(connected);
  return {{here.begin(), here.end()}, roll_.pending(steady_clock::now())};
}

bool Presence::is_contact(const ContactPin& pin) {
  const bool acquainted = !pin.name.empty() || pin.verified_key;
  return pin.address != parts_.self && parts_.gatekeeper.is_contact(pin.address, acquainted);
}

void Presence::queue_up(const std::vector<Address>& connected) {
  auto pins = parts_.contacts();
  std::ranges::stable_sort(pins, std::ranges::greater(), &ContactPin::last_seen);
  std::ranges::stable_sort(pins, {}, [this](const ContactPin& pin) { return roll_.last_asked(pin.address); });
  const auto now = steady_clock::now();
  for (const auto& pin : pins) {
    if (stopping_ || !people_.permits(now)) {
      break;
    }
    const bool linked = std::ranges::find(connected, pin.address) != connected.end();
    if (!linked && is_contact(pin) && roll_.ask(pin.address, now)) {
      people_.count(now);
      queue_.push_back(pin.address);
    }
  }
  begin();
}

void Presence::begin() {
  for (auto free = queue_.size(); free > 0 && at_work_.size() < most_asked_at_once; --free) {
    const auto task = at_work_.emplace(at_work_.end());
    asio::co_spawn(parts_.executor, work(),
                   asio::bind_cancellation_slot(task->slot(), [this, task](const std::exception_ptr&) {
                     at_work_.erase(task);
                     ended_.notify();
                   }));
  }
}

asio::awaitable<void> Presence::work() {
  const bool hears = co_await parts_.calling.hears();
  while (!queue_.empty()) {
    if (!hears || !devices_.permits(steady_clock::now())) {
      leave_out_the_rest();
      break;
    }
    auto whom = std::move(queue_.front());
    queue_.pop_front();
    co_await ask_one(std::move(whom));
  }
}

// Whoever cannot be found or asked is as if they were not there.
asio::awaitable<void> Presence::ask_one(Address whom) {
  std::function<VerifiedPeer()> find = [&people = parts_.people, whom] { return people.find(whom); };
  try {
    auto peer = co_await parts_.workers.run(std::move(find), time_to_find);
    if (count(peer.state().devices.size())) {
      co_await parts_.calling.ask(std::move(peer));
    } else {
      roll_.take_back(whom);
    }
  } catch (const directory::Failure&) {
  }
}

// Whether so many devices more may be asked; if so, they are counted.
bool Presence::count(std::size_t devices) {
  const auto now = steady_clock::now();
  if (!devices_.permits(now)) {
    return false;
  }
  for (; devices > 0; --devices) {
    devices_.count(now);
  }
  return true;
}

void Presence::leave_out_the_rest() {
  for (const auto& whom : std::exchange(queue_, {})) {
    roll_.take_back(whom);
  }
}

void Presence::said_here(const Address& who) {
  if (roll_.said(who, steady_clock::now())) {
    parts_.on_said_here(who);
  }
}

asio::awaitable<void> Presence::stop() {
  stopping_ = true;
  queue_.clear();
  for (auto& task : at_work_) {
    task.emit(asio::cancellation_type::terminal);
  }
  while (!at_work_.empty()) {
    co_await ended_.wait();
  }
}

}  // namespace pd::command
