#pragma once

#include <string>
#include <string_view>

namespace pd::command {

// `text` as a QR code of half blocks, dark on light whatever the colours of the terminal, with its quiet zone. Throws
// Failure when it does not fit into one.
std::string qr_code(std::string_view text);

}  // namespace pd::command
