#pragma once

#include <unistd.h>

namespace pd::terminal {

enum class Stream { input, output };

// True when that standard stream is a terminal: somebody can be asked, or decoration makes sense.
inline bool is_terminal(Stream stream) {
  return ::isatty(stream == Stream::input ? STDIN_FILENO : STDOUT_FILENO) != 0;
}

}  // namespace pd::terminal
