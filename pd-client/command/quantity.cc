#include "command/quantity.h"

#include <fmt/core.h>

namespace pd::command {

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::uint64_t step = 1'000;
  constexpr const char* units[] = {"kB", "MB", "GB", "TB", "PB"};
  if (bytes < step) {
    return bytes == 1 ? "1 byte" : fmt::format("{} bytes", bytes);
  }
  double value = static_cast<double>(bytes) / step;
  const char* const* unit = units;
  while (value >= step && unit + 1 != std::end(units)) {
    value /= step;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, *unit);
}

std::string duration_text(std::chrono::seconds time) {
  const auto seconds = time.count();
  if (seconds < 60) {
    return fmt::format("{} s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{}:{:02} min", seconds / 60, seconds % 60);
  }
  return fmt::format("{}:{:02} h", seconds / 3600, seconds / 60 % 60);
}

std::string files_text(std::size_t files) {
  return files == 1 ? "1 file" : fmt::format("{} files", files);
}

}  // namespace pd::command
