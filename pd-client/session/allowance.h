#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "directory/peer.h"
#include "identity/time.h"
#include "session/frame.h"

namespace pd::session {

// How much is kept of people who are no contacts: anybody can register somewhere and write, and the disk is the owner's
// (SESS-18). Of contacts everything is kept. One thread.
class Allowance {
 public:
  struct Bounds {  // of a day
    std::size_t each = std::size_t{16} << 20;
    std::size_t together = std::size_t{64} << 20;
  };
  using IsContact = std::function<bool(const directory::VerifiedPeer&)>;

  explicit Allowance(IsContact is_contact) : Allowance(std::move(is_contact), Bounds()) {}
  Allowance(IsContact is_contact, Bounds bounds) : is_contact_(std::move(is_contact)), bounds_(bounds) {}

  bool is_contact(const directory::VerifiedPeer& peer) const { return is_contact_(peer); }
  // Whether these messages of `peer` may still be kept.
  bool permits(const directory::VerifiedPeer& peer, std::span<const Message> messages, identity::Time now);
  // They were. What was there before takes no room, and is not counted.
  void count(const directory::VerifiedPeer& peer, std::span<const Message> kept);

 private:
  IsContact is_contact_;
  Bounds bounds_;
  identity::Time day_ends_{};
  std::map<identity::Address, std::size_t> kept_of_;  // bytes
  std::size_t kept_ = 0;
};

}  // namespace pd::session
