#include "printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace pd::identity {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// OP-10: what would let one name look like another, or act on the terminal that shows it.
constexpr std::array refused = {
    Range{0x0000, 0x001F},    // C0 controls
    Range{0x007F, 0x009F},    // DEL, C1 controls
    Range{0x00AD, 0x00AD},    // soft hyphen
    Range{0x061C, 0x061C},    // Arabic letter mark
    Range{0x200B, 0x200B},    // zero width space
    Range{0x200E, 0x200F},    // direction marks
    Range{0x2028, 0x202E},    // line separators, bidirectional embeddings and overrides
    Range{0x2060, 0x206F},    // word joiner, bidirectional isolates, deprecated formats
    Range{0xFEFF, 0xFEFF},    // zero width no-break space
    Range{0xFFF9, 0xFFFB},    // interlinear annotations
    Range{0xE0000, 0xE0FFF},  // tags
};

bool is_refused(char32_t point) {
  return std::ranges::any_of(refused, [&](const Range& range) { return range.first <= point && point <= range.last; });
}

// Takes one code point off the front of `text`; none when the bytes there are not UTF-8 (RFC 3629: shortest form, no
// surrogates, at most U+10FFFF).
std::optional<char32_t> next_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return std::nullopt;
  char32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
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

}  // namespace

bool is_printable(std::string_view text) {
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  while (!text.empty()) {
    const auto point = next_point(text);
    if (!point || is_refused(*point)) return false;
  }
  return true;
}

}  // namespace pd::identity
