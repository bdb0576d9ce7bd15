#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <vector>

#include "identity/address.h"

namespace pd::agent {

// Who was asked whether they are there, and who has said so in the last minute (AGT-27). Pure.
class RollCall {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds memory{60};
  static constexpr std::chrono::seconds patience{10};

  // Whether they are to be asked now: they were not in the last minute. Then they have been.
  bool ask(const identity::Address& whom, Instant now);
  // They were not asked after all.
  void take_back(const identity::Address& whom);
  // When they were asked last; before everything else, if never.
  Instant last_asked(const identity::Address& whom) const;
  // How many may still say it: they were asked within `patience`, and have not.
  std::size_t pending(Instant now) const;

  // They say that they are there. Whether that is the first time in a minute.
  bool said(const identity::Address& whom, Instant now);
  // Who has said so in the last minute, in the order of their addresses.
  std::vector<identity::Address> here(Instant now) const;

 private:
  using Times = std::map<identity::Address, Instant>;

  Times asked_;  // at last; no more than there are contacts
  Times said_;
};

}  // namespace pd::agent
