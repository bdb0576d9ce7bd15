#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "federation/remote.h"

namespace pd::federation {

// Bytes of large answers that are being read and judged, of all domains together: however many are endless at once,
// memory is not. One payer has an eighth at most, so that one evil domain leaves room for the others (FED-19). One
// thread.
class ReadBudget {
 public:
  explicit ReadBudget(std::size_t most) : most_(most) {}

  bool take(const std::string& payer, std::size_t bytes) {
    auto& own = of_payers_[payer];
    const bool fits = used_ + bytes <= most_ && own + bytes <= most_ / payers_at_least;
    if (fits) {
      own += bytes;
      used_ += bytes;
    }
    if (own == 0) of_payers_.erase(payer);
    return fits;
  }
  void give(const std::string& payer, std::size_t bytes) {
    const auto found = of_payers_.find(payer);
    if (found == of_payers_.end()) return;
    used_ -= bytes;
    if ((found->second -= bytes) == 0) of_payers_.erase(found);
  }

 private:
  static constexpr std::size_t payers_at_least = 8;

  const std::size_t most_;
  std::size_t used_ = 0;
  std::map<std::string, std::size_t> of_payers_;  // none of them zero
};

// What one answer has taken from the budget: it grows with the answer, and is given back in the end. The first bytes of
// each are free, for they are bounded by the number of connections: small answers are read whatever others do.
class ReadShare {
 public:
  ReadShare(ReadBudget& budget, std::string payer) : budget_(budget), payer_(std::move(payer)) {}
  ~ReadShare() { budget_.give(payer_, taken_); }
  ReadShare(const ReadShare&) = delete;
  ReadShare& operator=(const ReadShare&) = delete;

  // Throws RemoteError (busy).
  void grow_to(std::size_t bytes) {
    if (bytes <= free_bytes + taken_) return;
    const auto more = bytes - free_bytes - taken_;
    if (!budget_.take(payer_, more)) throw RemoteError(Trouble::busy, "too many large answers at once");
    taken_ += more;
  }

 private:
  static constexpr std::size_t free_bytes = 64u << 10;

  ReadBudget& budget_;
  const std::string payer_;
  std::size_t taken_ = 0;
};

}  // namespace pd::federation
