#include "session/allowance.h"

#include <numeric>

namespace pd::session {

namespace {

constexpr identity::Seconds day{24 * 3600};
constexpr std::size_t beside_text = 512;  // what the history needs for a message apart from its text, generously

std::size_t size_of(std::span<const Message> messages) {
  return std::accumulate(messages.begin(), messages.end(), std::size_t{0}, [](std::size_t sum, const Message& message) {
    return sum + beside_text + message.text.size();
  });
}

}  // namespace

bool Allowance::permits(const directory::VerifiedPeer& peer, std::span<const Message> messages, identity::Time now) {
  if (now >= day_ends_ || day_ends_ > now + day) {  // or the clock was set back
    day_ends_ = now + day;
    kept_of_.clear();
    kept_ = 0;
  }
  const auto size = size_of(messages);
  const auto found = kept_of_.find(peer.address());
  const auto before = found == kept_of_.end() ? 0 : found->second;
  return (before + size <= bounds_.each && kept_ + size <= bounds_.together) || is_contact_(peer);
}

void Allowance::count(const directory::VerifiedPeer& peer, std::span<const Message> kept) {
  if (!kept.empty() && !is_contact_(peer)) {
    const auto size = size_of(kept);
    kept_of_[peer.address()] += size;
    kept_ += size;
  }
}

}  // namespace pd::session
