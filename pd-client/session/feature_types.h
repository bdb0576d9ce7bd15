#pragma once

#include <cstdint>
#include <string_view>

namespace pd::session {

// A feature as hello names it (SESS-11), and the types of frame that are its own (SESS-8).
struct FeatureTypes {
  std::string_view name;  // static
  std::uint8_t first;
  std::uint8_t last;      // one less than first: it has none above the seven of SESS-9
  std::uint8_t bulk = 0;  // of the frames whose bytes it bounds itself (SESS-18); 0: there are none

  bool owns(std::uint8_t type) const { return type >= first && type <= last; }
};

// The messages of schema/spec/session.md.
constexpr FeatureTypes chat() {
  return {"chat", 1, 0};
}

}  // namespace pd::session
