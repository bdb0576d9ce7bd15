#pragma once

#include <chrono>
#include <map>
#include <string>

#include "session/pace.h"

namespace pd::session {

// The pace of each of many, and of all of them together. Remembers only who was counted a short time ago. One thread.
class Paces {
 public:
  using Instant = Pace::Instant;

  // A pause of 0 bounds nothing.
  Paces(int burst, std::chrono::milliseconds pause_of_each, std::chrono::milliseconds pause_of_all)
      : burst_(burst), pause_of_each_(pause_of_each), all_(burst, pause_of_all) {}

  // Whether `key` may now; if so, it is counted. Who asks for the first time while too much is asked in all is not
  // remembered, so that the map stays small.
  bool take(const std::string& key, Instant now) {
    std::erase_if(each_, [&](const auto& each) { return each.second.rested(now); });
    if (!all_.permits(now)) {
      return false;
    }
    auto& own = each_.try_emplace(key, burst_, pause_of_each_).first->second;
    if (!own.permits(now)) {
      return false;
    }
    own.count(now);
    all_.count(now);
    return true;
  }

 private:
  int burst_;
  std::chrono::milliseconds pause_of_each_;
  Pace all_;
  std::map<std::string, Pace> each_;
};

}  // namespace pd::session
