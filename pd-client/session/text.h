#pragma once

#include <string>
#include <string_view>

namespace pd::session {

// `text` as one line that is safe to show (SESS-19). A line feed becomes "↵", a tab a space; every other control,
// separator, bidirectional control, invisible format character and ill-formed byte becomes U+FFFD.
std::string one_safe_line(std::string_view text);

}  // namespace pd::session
