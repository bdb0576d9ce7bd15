#include "service/challenge.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "service/refusal.h"

namespace pd::service {
namespace {

// expiry (8 bytes, big endian) ‖ random (16) ‖ MAC (32)
constexpr std::size_t expiry_bytes = 8;
constexpr std::size_t signed_bytes = expiry_bytes + 16;
constexpr std::size_t challenge_bytes = signed_bytes + 32;
constexpr std::size_t challenge_characters = (challenge_bytes * 8 + 5) / 6;

void put_time(identity::Bytes& out, identity::Time time) {
  const auto seconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(seconds >> shift));
}

identity::Time get_time(identity::ByteView in) {
  std::uint64_t seconds = 0;
  for (const auto byte : in.first(expiry_bytes))
    seconds = seconds << 8 | byte;
  return identity::Time(identity::Seconds(static_cast<std::int64_t>(seconds)));
}

// Sixty-four of the random bits, which we chose ourselves, are name enough.
std::uint64_t id_of(identity::ByteView challenge) {
  std::uint64_t id = 0;
  std::memcpy(&id, challenge.data() + expiry_bytes, sizeof id);
  return id;
}

}  // namespace

Challenges::Challenges(const identity::Domain& domain, std::size_t most_used, identity::Bytes key)
    : domain_(domain.text()), key_(std::move(key)), most_used_(most_used) {}

Challenges::Mac Challenges::mac(identity::ByteView expiry_and_random) const {
  identity::Bytes input(domain_.begin(), domain_.end());
  input.push_back(0);
  input.insert(input.end(), expiry_and_random.begin(), expiry_and_random.end());
  Mac out{};
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), input.data(), input.size(), out.data(), &size)) {
    throw std::runtime_error("HMAC failed");
  }
  return out;
}

Challenges::Issued Challenges::issue(identity::Time now) const {
  const identity::Time expires = now + challenge_life;
  identity::Bytes bytes;
  bytes.reserve(challenge_bytes);
  put_time(bytes, expires);
  const auto random = identity::random_bytes(signed_bytes - expiry_bytes);
  bytes.insert(bytes.end(), random.begin(), random.end());
  const Mac tag = mac(bytes);
  bytes.insert(bytes.end(), tag.begin(), tag.end());
  return {identity::base64url(bytes), expires};
}

void Challenges::spend(std::string_view text, identity::Time now) {
  const Refusal unknown(Refused::challenge_unknown, "This challenge was not given out by this server; ask for one.");
  if (text.size() != challenge_characters) throw unknown;
  const auto bytes = identity::from_base64url(text);
  if (!bytes || bytes->size() != challenge_bytes) throw unknown;
  const identity::ByteView view(*bytes);
  if (!identity::equal_constant_time(mac(view.first(signed_bytes)), view.subspan(signed_bytes))) throw unknown;
  if (get_time(view) <= now)
    throw Refusal(Refused::challenge_expired, "This challenge has expired; ask for a new one.");

  const std::lock_guard lock(mutex_);
  while (!order_.empty() && order_.front().until <= now) {
    used_.erase(order_.front().id);
    order_.pop_front();
  }
  if (used_.contains(id_of(view))) throw Refusal(Refused::challenge_used, "This challenge was used before.");
  if (used_.size() >= most_used_) {
    throw Refusal::for_now(Refused::busy, "Too many challenges were used just now.", order_.front().until - now);
  }
  used_.insert(id_of(view));
  // Kept for a whole life from now, which is never shorter than what is left of it, so that `order_` stays sorted;
  // max() keeps it so when the clock is set back.
  const identity::Time until = now + challenge_life;
  order_.push_back({id_of(view), order_.empty() ? until : std::max(until, order_.back().until)});
}

}  // namespace pd::service
