#include "session/text.h"

#include "identity/text.h"

namespace pd::session {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view line_break = "\xe2\x86\xb5";   // U+21B5

}  // namespace

std::string one_safe_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    auto rest = text;
    const auto point = identity::next_code_point(rest);
    if (!point) {
      rest.remove_prefix(1);
    }
    if (point == U'\n') {
      line += line_break;
    } else if (point == U'\t') {
      line += ' ';
    } else if (!point || identity::is_unsafe(*point)) {
      line += replacement;
    } else {
      line += text.substr(0, text.size() - rest.size());
    }
    text = rest;
  }
  return line;
}

}  // namespace pd::session
