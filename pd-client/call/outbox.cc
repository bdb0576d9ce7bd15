#include "call/outbox.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "identity/signal.h"

namespace pd::call {

namespace asio = boost::asio;
using directory::Kind;

namespace {

constexpr identity::Seconds signal_life{30};  // CALL-10
constexpr std::chrono::milliseconds post_time{20'000};
constexpr std::size_t most_in_request = 8;  // CALL-10

}  // namespace

asio::awaitable<void> Outbox::send(directory::VerifiedPeer to, std::vector<SendTo> messages) {
  auto signals = seal(to, messages);
  if (signals.empty()) {
    co_return;
  }
  std::function<bool()> post = [&mailbox = parts_.mailbox, signals = std::move(signals)] {
    for (std::size_t i = 0; i < signals.size(); i += most_in_request) {
      const auto end = std::min(signals.size(), i + most_in_request);
      mailbox.post(
          {signals.begin() + static_cast<std::ptrdiff_t>(i), signals.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    return true;
  };
  co_await parts_.workers.run(std::move(post), post_time);
}

std::vector<std::string> Outbox::seal(const directory::VerifiedPeer& to, const std::vector<SendTo>& messages) const {
  const auto now = parts_.clock();
  const identity::SignalEnvelope envelope{parts_.self->address(), to.address(), now, now + signal_life};
  std::vector<std::string> signals;
  for (const auto& [device, message] : messages) {
    for (const auto& candidate : to.state().devices) {
      if (candidate.key.id() != device) {
        continue;
      }
      const auto text = directory::require(write_message(message), Kind::failed, "a call cannot be written down");
      signals.push_back(
          directory::require(identity::Signal::seal(envelope, candidate.key, text, parts_.self->device_key()),
                             Kind::failed, "a signal cannot be sealed")
              .text());
    }
  }
  return signals;
}

}  // namespace pd::call
