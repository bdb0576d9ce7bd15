#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pd::identity {

// True for "https://host" and "https://host:port": a DNS name in lower case, and nothing after the port (DESC-6).
bool is_https_origin(std::string_view text);

// A port in decimal, 1 … 65535, without leading zeros; none otherwise.
std::optional<std::uint16_t> read_port(std::string_view text);

}  // namespace pd::identity
