#include "identity/text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace pd::identity {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// OP-10. U+200C and U+200D stay: scripts and emoji need them.
constexpr std::array unsafe = {
    Range{0x0000, 0x001F},    // C0 controls
    Range{0x007F, 0x009F},    // DEL, C1 controls
    Range{0x00AD, 0x00AD},    // soft hyphen
    Range{0x034F, 0x034F},    // combining grapheme joiner
    Range{0x061C, 0x061C},    // Arabic letter mark
    Range{0x115F, 0x1160},    // Hangul fillers
    Range{0x17B4, 0x17B5},    // Khmer inherent vowels
    Range{0x180E, 0x180E},    // Mongolian vowel separator
    Range{0x200B, 0x200B},    // zero width space
    Range{0x200E, 0x200F},    // direction marks
    Range{0x2028, 0x202E},    // line separators, bidirectional embeddings and overrides
    Range{0x2060, 0x206F},    // word joiner, bidirectional isolates, deprecated formats
    Range{0x2800, 0x2800},    // Braille blank
    Range{0x3164, 0x3164},    // Hangul filler
    Range{0xFEFF, 0xFEFF},    // zero width no-break space
    Range{0xFFA0, 0xFFA0},    // Hangul filler of half width
    Range{0xFFF9, 0xFFFB},    // interlinear annotations
    Range{0x1D173, 0x1D17A},  // musical beams and slurs
    Range{0xE0000, 0xE0FFF},  // tags
};

std::size_t length_of(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

}  // namespace

std::optional<char32_t> next_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t length = length_of(byte(0));
  if (length == 0 || text.size() < length) return std::nullopt;
  char32_t point = length == 1 ? byte(0) : byte(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    point = (point << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < smallest[length] || surrogate || point > 0x10FFFF) return std::nullopt;
  text.remove_prefix(length);
  return point;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (!next_code_point(text)) return false;
  }
  return true;
}

bool is_unsafe(char32_t point) {
  return std::ranges::any_of(unsafe, [&](const Range& range) { return range.first <= point && point <= range.last; });
}

bool is_printable(std::string_view text) {
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  while (!text.empty()) {
    const auto point = next_code_point(text);
    if (!point || is_unsafe(*point)) return false;
  }
  return true;
}

}  // namespace pd::identity
