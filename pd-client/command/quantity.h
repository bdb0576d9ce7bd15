#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace pd::command {

// "734 bytes", "12.3 MB": powers of ten.
std::string bytes_text(std::uint64_t bytes);

// "8 s", "3:05 min", "2:10 h".
std::string duration_text(std::chrono::seconds time);

// "1 file", "3 files".
std::string files_text(std::size_t files);

}  // namespace pd::command
