#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "connect/limits.h"

namespace pd::connect {

class Slot;

// The connections of each sort (SESS-5). One thread.
struct Tally {
  Limits limits;
  std::size_t verified = 0;
  std::list<Slot*> unverified;  // oldest first

  std::size_t unverified_of(const std::string& origin) const;
};

// One connection's place in the tally, given back on destruction.
class Slot {
 public:
  // A place for an unverified connection from `origin`: its IP address, or /64 for IPv6. Nothing when that has enough
  // of them. When there is no place, whoever holds most of them loses the oldest, so that nobody can hold them all. The
  // connection that loses its place is told by `drop`, and must end.
  static std::shared_ptr<Slot> take(const std::shared_ptr<Tally>& tally, const std::string& origin,
                                    std::function<void()> drop);
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  const std::string& origin() const { return origin_; }

  // Moves to the verified ones; false when there is no place there, or this one was lost.
  bool promote();

 private:
  enum class State { unverified, verified, lost };

  Slot(std::shared_ptr<Tally> tally, std::string origin, std::function<void()> drop);
  void lose();

  std::shared_ptr<Tally> tally_;
  std::string origin_;
  std::function<void()> drop_;
  std::list<Slot*>::iterator place_;  // while unverified
  State state_ = State::unverified;
};

}  // namespace pd::connect
