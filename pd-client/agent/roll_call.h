#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "identity/address.h"

namespace pd::agent {

// Who was asked in the last minute whether they are there, and who has said so (AGT-27). Pure.
class RollCall {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds memory{60};

  // Whether they are to be asked now: they were not in the last minute. Then they have been.
  bool ask(const identity::Address& whom, Instant now);
  // They were not asked after all.
  void take_back(const identity::Address& whom);

  // They say that they are there. Whether that is the first time in a minute.
  bool said(const identity::Address& whom, Instant now);
  // Who has said so in the last minute, in the order of their addresses.
  std::vector<identity::Address> here(Instant now) const;

 private:
  using Times = std::map<identity::Address, Instant>;

  static void forget_old(Times& times, Instant now);

  Times asked_;
  Times said_;
};

}  // namespace pd::agent
