#include "session/text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace pd::session {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view line_break = "\xe2\x86\xb5";   // U+21B5

struct Decoded {
  char32_t point;
  std::size_t size;  // in bytes; 0 when they are not UTF-8
};

// The code point that `rest`, which is not empty, begins with (RFC 3629, section 4).
Decoded decode(std::string_view rest) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(rest[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) {
    return {first, 1};
  }
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || rest.size() < size) {
    return {0, 0};
  }
  char32_t point = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return {0, 0};
    }
    point = point << 6 | (byte(i) & 0x3fU);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return overlong || surrogate || point > 0x10ffff ? Decoded{0, 0} : Decoded{point, size};
}

struct Range {
  char32_t first, last;
};

// What commands a terminal, reorders a line, ends it, or is not seen. U+200C and U+200D stay: scripts and emoji need
// them.
constexpr std::array unsafe = {
    Range{0x0000, 0x001f},   Range{0x007f, 0x009f}, Range{0x00ad, 0x00ad}, Range{0x061c, 0x061c},
    Range{0x180e, 0x180e},   Range{0x200b, 0x200b}, Range{0x200e, 0x200f}, Range{0x2028, 0x202e},
    Range{0x2060, 0x206f},   Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0x1d173, 0x1d17a},
    Range{0xe0000, 0xe0fff},
};

bool is_unsafe(char32_t point) {
  return std::any_of(unsafe.begin(), unsafe.end(),
                     [&](const Range& range) { return point >= range.first && point <= range.last; });
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (next.size == 0) {
      return false;
    }
    text.remove_prefix(next.size);
  }
  return true;
}

std::string one_safe_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (next.size == 0) {
      line += replacement;
    } else if (next.point == '\n') {
      line += line_break;
    } else if (next.point == '\t') {
      line += ' ';
    } else if (is_unsafe(next.point)) {
      line += replacement;
    } else {
      line += text.substr(0, next.size);
    }
    text.remove_prefix(std::max<std::size_t>(next.size, 1));
  }
  return line;
}

}  // namespace pd::session
