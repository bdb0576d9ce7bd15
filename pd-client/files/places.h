#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "session/paces.h"

namespace pd::files {

inline constexpr std::size_t max_transfers_of_session = 4;  // FILE-6
inline constexpr std::size_t max_transfers_of_person = 8;
inline constexpr std::size_t max_transfers = 16;

// Who may have how many transfers under way in this process, and make an offer how often (FILE-6). One thread.
class Places {
 public:
  using Instant = session::Paces::Instant;

  // Whether there is one for an offer of `person`; then it is theirs until leave().
  bool take(const std::string& person, Instant now) {
    const auto own = taken_.find(person);
    if (all_ == max_transfers || (own != taken_.end() && own->second == max_transfers_of_person) ||
        !offers_.take(person, now)) {
      return false;
    }
    ++all_;
    ++taken_[person];
    return true;
  }

  void leave(const std::string& person) {
    --all_;
    if (--taken_.at(person) == 0) {
      taken_.erase(person);
    }
  }

 private:
  std::size_t all_ = 0;
  std::map<std::string, std::size_t> taken_;
  session::Paces offers_{16, std::chrono::milliseconds(2'000), std::chrono::milliseconds(100)};
};

}  // namespace pd::files
