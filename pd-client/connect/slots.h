#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "connect/limits.h"

namespace pd::connect {

// How many connections there are of each sort (SESS-5). One thread.
struct Tally {
  Limits limits;
  std::size_t unverified = 0;
  std::size_t verified = 0;
  std::map<std::string, std::size_t> unverified_of;  // by IP address, or /64 for IPv6
};

// One connection's place in the tally, given back on destruction.
class Slot {
 public:
  // A place for an unverified connection, or nothing when there is none.
  static std::shared_ptr<Slot> take(const std::shared_ptr<Tally>& tally, const std::string& origin);
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // Moves to the verified ones; false when there is no place there.
  bool promote();

 private:
  Slot(std::shared_ptr<Tally> tally, std::string origin);
  void leave_unverified();
  std::shared_ptr<Tally> tally_;
  std::string origin_;
  bool promoted_ = false;
};

}  // namespace pd::connect
