#include "session/claims.h"

#include <algorithm>

namespace pd::session {

namespace {

using namespace std::chrono_literals;

// SESS-24.
constexpr std::chrono::milliseconds pause_of_origin = 1s;
constexpr std::chrono::milliseconds pause_of_all = 200ms;
constexpr int burst = 5;
constexpr std::chrono::minutes false_for{1};
constexpr std::chrono::hours true_for{1};
constexpr std::size_t most_remembered = 256;  // of each sort

// Makes room for one more: what has passed goes, and else what would be the next to go.
template <class Map>
void make_room(Map& memory, Claims::Instant now) {
  std::erase_if(memory, [&](const auto& each) { return each.second.until <= now; });
  if (memory.size() >= most_remembered) {
    memory.erase(std::min_element(memory.begin(), memory.end(), [](const auto& one, const auto& other) {
      return one.second.until < other.second.until;
    }));
  }
}

}  // namespace

Claims::Claims() : asked_(burst, pause_of_origin, pause_of_all) {}

Claims::Verdict Claims::judge(const identity::PeerClaim& claim, const std::string& origin, Instant now,
                              identity::Time time) {
  const auto id = id_of(claim);
  if (const auto denied = false_.find(id); denied != false_.end() && now < denied->second.until) {
    return Verdict::denied;
  }
  if (asked_.take(origin, now)) {
    return Verdict::ask;
  }
  const auto verified = true_.find(id);
  const bool holds = verified != true_.end() && now < verified->second.until &&
                     time < verified->second.what.identity().statement().body().expires;
  return holds ? Verdict::known : Verdict::busy;
}

const directory::VerifiedPeer& Claims::known(const identity::PeerClaim& claim) const {
  return true_.at(id_of(claim)).what;
}

const std::string& Claims::why(const identity::PeerClaim& claim) const {
  return false_.at(id_of(claim)).what;
}

void Claims::remember(const identity::PeerClaim& claim, const directory::VerifiedPeer& peer, Instant now) {
  make_room(true_, now);
  true_.insert_or_assign(id_of(claim), Remembered<directory::VerifiedPeer>{peer, now + true_for});
}

void Claims::remember(const identity::PeerClaim& claim, const std::string& why, Instant now) {
  true_.erase(id_of(claim));  // a device that was removed, an identity that has ended
  make_room(false_, now);
  false_.insert_or_assign(id_of(claim), Remembered<std::string>{why, now + false_for});
}

}  // namespace pd::session
