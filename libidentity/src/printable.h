#pragma once

#include <string_view>

namespace pd::identity {

// True when `text` is valid UTF-8 that shows as what it is: no control character, line separator, invisible or
// direction-changing character (OP-10), and no space at either end.
bool is_printable(std::string_view text);

}  // namespace pd::identity
