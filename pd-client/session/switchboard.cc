#include "session/switchboard.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace pd::session {

namespace asio = boost::asio;

namespace {

constexpr std::size_t sessions_of_a_device = 4;  // SESS-6
constexpr std::size_t most_joined = 256;         // as many as a listener has of those who dial (SESS-5)

}  // namespace

Switchboard::Switchboard(Parts parts) : parts_(std::move(parts)), changed_(parts_.executor) {}

void Switchboard::answer(connect::UnverifiedLink link) {
  if (!closing_) {
    asio::co_spawn(parts_.executor, admit(std::move(link)), asio::detached);
  }
}

asio::awaitable<void> Switchboard::admit(connect::UnverifiedLink link) {
  auto verified = co_await verify(std::move(link));
  if (verified) {
    co_await talk(std::move(verified));
  }
}

void Switchboard::join(std::unique_ptr<connect::Link> link) {
  if (closing_ || joined_ >= most_joined) {
    return;
  }
  ++joined_;
  asio::co_spawn(parts_.executor, talk(std::move(link)), [this](const std::exception_ptr&) { --joined_; });
}

asio::awaitable<void> Switchboard::talk(std::unique_ptr<connect::Link> link) {
  if (closing_) {
    co_return;
  }
  const auto now = std::chrono::steady_clock::now();
  const auto channel = std::make_shared<Channel>(parts_.executor, std::move(link),
                                                 Session::answering(now, parts_.shared.types()), parts_.shared);
  enter(channel);
  std::function<void()> on_open = [this, &channel] { take_over(*channel); };
  co_await channel->run(std::move(on_open));
  leave(channel);
}

asio::awaitable<std::unique_ptr<connect::Link>> Switchboard::verify(connect::UnverifiedLink link) {
  const auto place = verifying_.emplace(verifying_.end());
  std::unique_ptr<connect::Link> verified;
  try {
    // A coroutine of its own, so that shut_down() can cancel what it waits for.
    verified = co_await asio::co_spawn(parts_.executor, look_up(std::move(link)),
                                       asio::bind_cancellation_slot(place->slot(), asio::use_awaitable));
  } catch (const boost::system::system_error&) {  // cancelled
  }
  verifying_.erase(place);
  changed_.notify();
  co_return verified;
}

asio::awaitable<std::unique_ptr<connect::Link>> Switchboard::look_up(connect::UnverifiedLink link) {
  const auto claim = link.claim();
  std::string why;
  const auto verdict = claims_.judge(claim, link.origin(), std::chrono::steady_clock::now(), parts_.shared.clock());
  if (verdict == Claims::Verdict::denied) {
    why = claims_.why(claim);
  } else if (verdict == Claims::Verdict::busy) {
    why = "too many callers at once (SESS-24)";
  } else {
    try {
      std::optional<directory::VerifiedPeer> peer;
      if (verdict == Claims::Verdict::known) {
        peer.emplace(claims_.known(claim));
      } else {
        auto asked = co_await ask(claim);
        peer.emplace(std::move(asked));
      }
      auto verified = let_in(std::move(link), *peer);
      if (verified) {
        co_return std::move(*verified);
      }
      why = verified.error().message;
    } catch (const directory::Failure& failure) {
      why = failure.what();
    }
  }
  if (!closing_ && !why.empty()) {
    parts_.on_refused(claim.address, why);
  }
  co_return nullptr;
}

// Who has the address, from the directory, which is not asked again soon about who is denied there.
asio::awaitable<directory::VerifiedPeer> Switchboard::ask(identity::PeerClaim claim) {
  std::function<directory::VerifiedPeer()> find = [&people = parts_.people, address = claim.address] {
    return people.find(address);
  };
  try {
    auto peer = co_await parts_.workers.run(std::move(find), parts_.verification);
    if (peer.identity().has_device(claim.key)) {
      claims_.remember(claim, peer, std::chrono::steady_clock::now());
    }
    co_return peer;
  } catch (const directory::Failure& failure) {
    const auto kind = failure.kind();
    if (kind != directory::Kind::unreachable && kind != directory::Kind::refused) {  // not for lack of an answer
      claims_.remember(claim, failure.what(), std::chrono::steady_clock::now());
    }
    throw;
  }
}

connect::Outcome<std::unique_ptr<connect::Link>> Switchboard::let_in(connect::UnverifiedLink link,
                                                                     const directory::VerifiedPeer& peer) {
  const auto claim = link.claim();
  auto verified = std::move(link).verify(peer);
  if (!verified && verified.error().cause == connect::Cause::wrong_key) {
    claims_.remember(claim, verified.error().message, std::chrono::steady_clock::now());
  }
  if (!verified) {
    return verified;
  }
  if (auto why_not = parts_.admit(peer)) {
    return connect::no_link(connect::Cause::unreachable, *std::move(why_not));  // and the link is closed
  }
  return verified;
}

void Switchboard::enter(const std::shared_ptr<Channel>& channel) {
  auto& channels = channels_[channel->address()];
  channels.push_back(channel);
  const auto same_device = [&](const auto& other) { return other->device() == channel->device(); };
  if (std::count_if(channels.begin(), channels.end(), same_device) >
      static_cast<std::ptrdiff_t>(sessions_of_a_device)) {
    (*std::find_if(channels.begin(), channels.end(), same_device))->leave(Farewell::replaced);
  }
}

// Messages go over the newest session that carries them.
void Switchboard::take_over(Channel& channel) {
  if (!channel.has(chat().name)) {
    return;
  }
  for (const auto& other : channels_.at(channel.address())) {
    if (other.get() != &channel) {
      other->retire();
    }
  }
}

Channel* Switchboard::messenger(const identity::Address& peer) const {
  const auto here = channels_.find(peer);
  if (here == channels_.end()) {
    return nullptr;
  }
  const auto chats = [](const auto& channel) { return channel->open() && channel->has(chat().name); };
  const auto newest = std::find_if(here->second.rbegin(), here->second.rend(), chats);
  return newest == here->second.rend() ? nullptr : newest->get();
}

void Switchboard::leave(const std::shared_ptr<Channel>& channel) {
  const auto here = channels_.find(channel->address());
  here->second.remove(channel);
  if (here->second.empty()) {
    channels_.erase(here);
  } else if (auto* const other = messenger(channel->address())) {
    other->resume();
  }
  changed_.notify();
}

std::vector<identity::Address> Switchboard::connected() const {
  std::vector<identity::Address> addresses;
  for (const auto& [address, channels] : channels_) {
    if (messenger(address) != nullptr) {
      addresses.push_back(address);
    }
  }
  return addresses;
}

void Switchboard::pump(const identity::Address& peer) {
  if (auto* const channel = messenger(peer)) {
    channel->pump();
  }
}

void Switchboard::probe() {
  for (const auto& [address, channels] : channels_) {
    for (const auto& channel : channels) {
      channel->probe();
    }
  }
}

asio::awaitable<void> Switchboard::shut_down() {
  closing_ = true;
  for (auto& caller : verifying_) {
    caller.emit(asio::cancellation_type::terminal);
  }
  for (const auto& [address, channels] : channels_) {
    for (const auto& channel : channels) {
      channel->leave(Farewell::shutdown);
    }
  }
  while (!channels_.empty() || !verifying_.empty()) {  // each ends within the times of SESS-21
    co_await changed_.wait();
  }
}

}  // namespace pd::session
