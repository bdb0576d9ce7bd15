#include "http/admission.h"

#include "http/peer.h"
#include "http/refusal.h"

namespace pd::http {

Admission::Place Admission::enter(const boost::asio::ip::address& peer, std::string_view& why) {
  std::string key = peer_key(peer);
  const std::lock_guard lock(mutex_);
  const bool surplus = total_ >= limits_.connections;
  if (surplus) why = refusal::connections;
  if (total_ >= limits_.connections + most_surplus) return {};
  std::size_t& of_peer = peers_[key];
  if (of_peer >= limits_.connections_per_peer) {
    if (of_peer == 0) peers_.erase(key);
    why = refusal::peer_connections;
    return {};
  }
  ++of_peer;
  ++total_;
  return Place(this, std::move(key), surplus);
}

void Admission::leave(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto of_peer = peers_.find(key);
  if (--of_peer->second == 0) peers_.erase(of_peer);
  if (--total_ == 0) empty_.notify_all();
}

std::size_t Admission::count() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

bool Admission::wait_empty(std::chrono::milliseconds grace) const {
  std::unique_lock lock(mutex_);
  return empty_.wait_for(lock, grace, [this] { return total_ == 0; });
}

}  // namespace pd::http
