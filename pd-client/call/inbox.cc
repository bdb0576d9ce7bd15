#include "call/inbox.h"

#include <utility>

namespace pd::call {

namespace asio = boost::asio;
using directory::VerifiedPeer;

namespace {

using namespace std::chrono_literals;

// CALL-7.
constexpr int burst_of_lookups = 5;
constexpr std::chrono::milliseconds lookup_pause_of_domain = 1s;
constexpr std::chrono::milliseconds lookup_pause_of_all = 200ms;
constexpr std::chrono::milliseconds lookup_time = 20s;
constexpr std::size_t most_signals_remembered = 4'096;

}  // namespace

Inbox::Inbox(Parts parts, InCall in_call)
    : parts_(std::move(parts)),
      in_call_(std::move(in_call)),
      known_(burst_of_lookups, lookup_pause_of_domain, lookup_pause_of_all),
      strangers_(burst_of_lookups, lookup_pause_of_domain, lookup_pause_of_all) {}

asio::awaitable<std::optional<Received>> Inbox::read(std::string text) {
  const auto signal = identity::Signal::parse(text);
  if (!signal || !is_for_us(*signal) || parts_.gatekeeper.is_blocked(signal->body().from)) {
    co_return std::nullopt;
  }
  const auto from = co_await sender_of(signal->body().from);
  if (!from) {
    co_return std::nullopt;
  }
  co_return open(*signal, *from);
}

// Before anything is spent on it; open() checks it again, with everything else.
bool Inbox::is_for_us(const identity::Signal& signal) const {
  return signal.body().to == parts_.self->address() &&
         signal.body().device == parts_.self->device_key().public_key().thumbprint();
}

bool Inbox::may_look_up(const identity::Address& sender) {
  auto& paces = parts_.gatekeeper.knows(sender) ? known_ : strangers_;
  return paces.take(sender.domain().text(), std::chrono::steady_clock::now());
}

// Who is not let in does not see that they are looked up: that would tell them that this device is on (CALL-21).
asio::awaitable<std::optional<VerifiedPeer>> Inbox::sender_of(identity::Address address) {
  auto in_call = in_call_(address);
  if (in_call || !may_look_up(address)) {
    co_return in_call;
  }
  if (!parts_.gatekeeper.knows(address)) {
    auto kept = co_await look_up(address, &session::People::find_quietly);
    if (!kept || !parts_.gatekeeper.lets_in(*kept)) {
      co_return kept;
    }
  }
  co_return co_await look_up(std::move(address), &session::People::find);
}

asio::awaitable<std::optional<VerifiedPeer>> Inbox::look_up(identity::Address address, Find how) {
  std::function<VerifiedPeer()> find = [&people = parts_.people, address, how] { return (people.*how)(address); };
  try {
    auto found = co_await parts_.workers.run(std::move(find), lookup_time);
    co_return std::optional<VerifiedPeer>(std::move(found));
  } catch (const directory::Failure&) {  // nobody, ended, contradicts the pin, or cannot be asked
  }
  co_return std::nullopt;
}

std::optional<Received> Inbox::open(const identity::Signal& signal, const VerifiedPeer& from) {
  const auto plain = signal.open(from.state(), parts_.self->address(), parts_.self->device_key(), parts_.clock());
  if (!plain || !is_new(signal)) {
    return {};
  }
  auto message = parse_message(plain->view());
  if (!message) {
    return {};
  }
  return Received{from, signal.sender_device(), *std::move(message)};
}

// What does not fit is dropped: forgetting another would let that one be replayed.
bool Inbox::is_new(const identity::Signal& signal) {
  const auto now = parts_.clock();
  std::erase_if(seen_, [&](const auto& each) { return each.second <= now; });
  return seen_.size() < most_signals_remembered && seen_.emplace(signal.replay_key(), signal.replay_until()).second;
}

}  // namespace pd::call
