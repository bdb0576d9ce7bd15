#include "agent/hub.h"

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

namespace pd::agent {

namespace asio = boost::asio;
using identity::Address;
using session::Farewell;

Hub::Hub(Parts parts, OnEvent on_event, HubTimes times)
    : parts_(std::move(parts)),
      on_event_(std::move(on_event)),
      times_(times),
      switchboard_({parts_.executor, parts_.workers, parts_.people, shared(), parts_.admit, parts_.on_refused,
                    connect::Limits{}.verification}),
      changed_(parts_.executor),
      gone_(parts_.executor) {}

Hub::~Hub() = default;

session::Channel::Shared Hub::shared() {
  return {parts_.history, *this, parts_.clock, &parts_.allowance, parts_.features};
}

asio::awaitable<void> Hub::run() {
  std::exception_ptr failure;
  try {
    co_await work();
  } catch (...) {
    failure = std::current_exception();
  }
  over_ = true;
  gone_.notify();
  if (failure) {
    std::rethrow_exception(failure);
  }
}

asio::awaitable<void> Hub::work() {
  look_for_waiting();
  while (!ending_) {
    reconsider();
    co_await changed_.wait(next_check());
    if (Clock::now() >= looked_ + times_.check) {
      look_for_waiting();  // chat and listen beside us write into the same history
    }
  }
}

void Hub::look_for_waiting() {
  looked_ = Clock::now();
  for (auto& [address, person] : people_) {
    person.waiting = 0;
  }
  for (const auto& outbox : parts_.history.outboxes()) {
    auto& person = people_[outbox.peer];
    person.waiting = outbox.waiting;
    pump(outbox.peer, person);
  }
}

session::Entry Hub::send(const Address& to, const std::string& text) {
  auto written = parts_.history.write(to, std::span(&text, 1), parts_.clock());
  auto& person = people_[to];
  ++person.waiting;
  wake(person);
  pump(to, person);
  return std::move(written.front());
}

void Hub::open(const Address& with) {
  auto& person = people_[with];
  ++person.viewers;
  if (person.call && !person.call->connected() && Clock::now() >= person.called + times_.impatience) {
    person.call->stop(Farewell::done);  // it may be in a long pause; the next one begins at once
  }
  wake(person);
}

void Hub::close(const Address& with) {
  --people_.at(with).viewers;
  changed_.notify();
}

// There is a new reason to call, so what failed before is tried again now.
void Hub::wake(Person& person) {
  person.not_before = {};
  changed_.notify();
}

void Hub::pump(const Address& address, const Person& person) {
  switchboard_.pump(address);
  if (person.call) {
    person.call->pump();
  }
}

void Hub::probe() {
  switchboard_.probe();
  for (const auto& [address, person] : people_) {
    if (person.call) {
      person.call->probe();
    }
  }
}

void Hub::hurry() {
  for (const auto& [address, person] : people_) {
    if (person.call && person.call->waits()) {
      person.call->hurry();
    }
  }
}

std::vector<Address> Hub::connected() const {
  std::vector<Address> addresses;
  for (const auto& [address, person] : people_) {
    if (person.channels > 0) {
      addresses.push_back(address);
    }
  }
  return addresses;
}

bool Hub::wants(const Address& address) const {
  const auto found = people_.find(address);
  return found != people_.end() && found->second.is_wanted();
}

Hub::Standing Hub::standing(const Address& with) {
  const auto found = people_.find(with);
  if (found == people_.end()) {
    return {{}, parts_.history.count_undelivered(with), {}};
  }
  const auto& person = found->second;
  return {person.link, person.waiting, person.reason};
}

std::size_t Hub::links(const Address& with) const {
  const auto found = people_.find(with);
  return found == people_.end() ? 0 : found->second.channels;
}

void Hub::reconsider() {
  const auto now = Clock::now();
  for (auto& [address, person] : people_) {
    end_unwanted(address, person, now);
  }
  take_turns(now);
  std::erase_if(people_, [](const auto& entry) { return entry.second.idle(); });
}

void Hub::end_unwanted(const Address& address, Person& person, Instant now) {
  if (person.is_wanted()) {
    person.wanted = now;
  }
  if (!person.call) {
    return;
  }
  const bool unwanted = !person.is_wanted() && (!person.call->connected() || now >= person.wanted + times_.idle);
  if (unwanted || is_superfluous(address, person, now)) {
    person.call->stop(Farewell::done);
  }
}

// They have called us too: one link is enough, and both sides choose the same (AGT-20). A call of ours that leads
// nowhere goes when theirs has stood for a while.
bool Hub::is_superfluous(const Address& address, const Person& person, Instant now) const {
  if (person.channels_of_theirs() == 0 || address == parts_.self) {
    return false;
  }
  return parts_.self.text() > address.text() || (!person.call->connected() && now >= person.linked + times_.settle);
}

// Whom to call now, those first who have waited longest.
std::vector<Hub::People::iterator> Hub::due(Instant now) {
  std::vector<People::iterator> found;
  for (auto entry = people_.begin(); entry != people_.end(); ++entry) {
    const auto& person = entry->second;
    if (person.is_wanted() && person.channels == 0 && !person.call && now >= person.not_before) {
      found.push_back(entry);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& one, const auto& other) { return one->second.called < other->second.called; });
  return found;
}

void Hub::take_turns(Instant now) {
  auto waiting = due(now);
  const auto places = std::min(waiting.size(), times_.calls - std::min(calls_, times_.calls));
  for (std::size_t i = 0; i < places; ++i) {
    start_call(waiting[i]->first, waiting[i]->second, now);
  }
  auto missing = waiting.size() - places;
  for (auto& [address, person] : people_) {
    if (missing > 0 && person.call && !person.call->connected() && now >= person.called + times_.turn) {
      person.call->stop(Farewell::done);  // and waits for its next turn
      --missing;
    }
  }
}

void Hub::start_call(const Address& address, Person& person, Instant now) {
  session::Caller::Parts parts{parts_.executor, parts_.workers, parts_.people,     shared(),
                               parts_.reach,    address,        times_.first_retry};
  person.called = now;
  person.call = std::make_shared<Call>(
      std::move(parts),
      [this, address](const std::string& why) {
        auto& callee = people_.at(address);
        if (why != std::exchange(callee.reason, why)) {
          on_event_(Waiting{address, why, callee.waiting});
        }
      },
      [this, address](const auto& failure) { call_over(address, failure); });
  ++calls_;
  person.call->start();
}

void Hub::call_over(const Address& address, const std::optional<directory::Failure>& failure) {
  auto& person = people_.at(address);
  const bool ended_by_them = !person.call->stopping();
  person.call.reset();
  --calls_;
  if (ended_by_them) {
    person.not_before = Clock::now() + times_.after_failure;
  }
  if (failure && ended_by_them) {
    person.reason = failure->what();
    on_event_(Failed{address, *failure});
  }
  changed_.notify();
  gone_.notify();
}

Hub::Instant Hub::next_check() const {
  const auto now = Clock::now();
  auto next = looked_ + times_.check;
  const auto at = [&](Instant when) {
    if (when > now) {
      next = std::min(next, when);
    }
  };
  for (const auto& [address, person] : people_) {
    at(person.not_before);
    at(person.wanted + times_.idle);
    at(person.called + times_.turn);
    at(person.linked + times_.settle);
  }
  return next;
}

// A session without chat, of somebody's `pdctl send` or `pipe`, is none over which messages would go.
void Hub::opened(const session::Channel& channel) {
  if (!channel.has(session::chat().name)) {
    return;
  }
  auto& person = people_[channel.address()];
  ++person.channels;
  person.reason.clear();
  if (person.channels_of_theirs() == 1) {
    person.linked = Clock::now();
  }
  person.link = Connected{channel.peer(), channel.where()};
  if (person.channels == 1) {
    on_event_(*person.link);
  }
  changed_.notify();
}

void Hub::received(const session::Channel& channel, const session::Message& message) {
  people_[channel.address()].wanted = Clock::now();
  on_event_(Stored{parts_.history.received(channel.address(), message.id)});
}

void Hub::delivered(const session::Channel& channel, const std::vector<std::string>& ids) {
  auto& person = people_.at(channel.address());
  person.waiting -= std::min(person.waiting, ids.size());
  on_event_(Delivered{channel.address(), ids});
  if (person.waiting == 0) {
    changed_.notify();
  }
}

void Hub::closed(const session::Channel& channel, const session::Ended& how) {
  if (!channel.has(session::chat().name)) {
    return;
  }
  auto& person = people_.at(channel.address());
  --person.channels;
  if (person.channels == 0) {
    person.link.reset();
    on_event_(Disconnected{channel.address(), how});
  } else if (person.call && person.call->runs(channel)) {
    person.call->stop(Farewell::done);  // theirs stands, and one is enough (AGT-20)
  }
  changed_.notify();
}

asio::awaitable<void> Hub::shut_down() {
  ending_ = true;
  changed_.notify();
  for (const auto& [address, person] : people_) {
    if (person.call) {
      person.call->stop(Farewell::shutdown);
    }
  }
  co_await switchboard_.shut_down();
  while (calls_ > 0 || !over_) {
    co_await gone_.wait();
  }
}

}  // namespace pd::agent
