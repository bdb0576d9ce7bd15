#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "identity/address.h"
#include "identity/encoding.h"
#include "identity/time.h"

namespace pd::service {

inline constexpr identity::Seconds challenge_life{120};

// Challenges that a client signs to show that its request is fresh (API-20 … API-24 of schema/spec/directory-api.md).
//
// Giving one out keeps nothing: it carries its expiry and a MAC over that and the domain. Only those
// that were used are remembered, until they would have expired; when that table is full, nobody may use another,
// because forgetting one would let it be used twice. Any thread.
class Challenges {
 public:
  // `key` authenticates what is given out; fresh by default.
  Challenges(const identity::Domain& domain, std::size_t most_used, identity::Bytes key = identity::random_bytes(32));

  struct Issued {
    std::string text;  // base64url
    identity::Time expires;
  };
  Issued issue(identity::Time now) const;

  // Uses a challenge up. Throws Refusal: challenge_unknown, challenge_expired, challenge_used, busy.
  void spend(std::string_view text, identity::Time now);

 private:
  using Mac = std::array<std::uint8_t, 32>;
  Mac mac(identity::ByteView expiry_and_random) const;

  const std::string domain_;
  const identity::Bytes key_;
  const std::size_t most_used_;

  struct Used {
    std::uint64_t id;
    identity::Time until;
  };
  std::mutex mutex_;
  // guarded by mutex_:
  std::deque<Used> order_;  // by `until`
  std::unordered_set<std::uint64_t> used_;
};

}  // namespace pd::service
