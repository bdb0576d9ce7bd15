#pragma once

#include <optional>
#include <string_view>

namespace pd::identity {

// Takes one code point off the front of `text`, which is not empty. None, and `text` stays, when the bytes there are
// not UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
std::optional<char32_t> next_code_point(std::string_view& text);

// True when all of `text` is UTF-8.
bool is_utf8(std::string_view text);

// True for what would let one text look like another, or act on the terminal that shows it: controls, line separators,
// invisible and direction-changing characters (OP-10, SESS-19).
bool is_unsafe(char32_t point);

// True when `text` is UTF-8 that shows as what it is: nothing unsafe in it, and no space at either end (OP-10).
bool is_printable(std::string_view text);

}  // namespace pd::identity
