#include "command/presence.h"

#include <algorithm>
#include <chrono>
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
constexpr int requests_at_once = 30;
constexpr int signals_at_once = 60;
constexpr std::chrono::milliseconds between_questions = 2s;
constexpr std::chrono::milliseconds time_to_find = 20s;

}  // namespace

Presence::Presence(Parts parts)
    : parts_(std::move(parts)),
      requests_(requests_at_once, between_questions),
      signals_(signals_at_once, between_questions),
      ended_(parts_.executor) {}

agent::Attendance Presence::ask() {
  const auto connected = parts_.connected();
  const auto said = roll_.here(steady_clock::now());
  std::set<Address> here(connected.begin(), connected.end());
  here.insert(said.begin(), said.end());
  return {{here.begin(), here.end()}, queue_up(connected)};
}

bool Presence::is_contact(const ContactPin& pin) {
  const bool acquainted = !pin.name.empty() || pin.verified_key;
  return pin.address != parts_.self && parts_.gatekeeper.is_contact(pin.address, acquainted);
}

// Returns how many they are.
std::size_t Presence::queue_up(const std::vector<Address>& connected) {
  auto pins = parts_.contacts();
  std::stable_sort(pins.begin(), pins.end(),
                   [](const auto& one, const auto& other) { return one.last_seen > other.last_seen; });
  const auto before = queue_.size();
  const auto now = steady_clock::now();
  auto pace = requests_;  // as it will be when the queue is empty
  for (std::size_t waiting = 0; waiting < before; ++waiting) {
    pace.count(now);
  }
  for (const auto& pin : pins) {
    if (stopping_ || !pace.permits(now)) {
      break;
    }
    const bool linked = std::find(connected.begin(), connected.end(), pin.address) != connected.end();
    if (!linked && is_contact(pin) && roll_.ask(pin.address, now)) {
      pace.count(now);
      queue_.push_back(pin.address);
    }
  }
  const auto asked = queue_.size() - before;
  begin();
  return asked;
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
    const auto now = steady_clock::now();
    if (!hears || !requests_.permits(now) || !signals_.permits(now)) {
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
    count(peer.state().devices.size());
    co_await parts_.calling.ask(std::move(peer));
  } catch (const directory::Failure&) {
  }
}

void Presence::count(std::size_t signals) {
  const auto now = steady_clock::now();
  requests_.count(now);
  for (std::size_t signal = 0; signal < signals; ++signal) {
    signals_.count(now);
  }
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
