#pragma once

#include <string_view>

namespace pd::terminal {

// Writes all of `bytes` to standard output. False when nobody reads it any more.
bool write_out(std::string_view bytes);

}  // namespace pd::terminal
