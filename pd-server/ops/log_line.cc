#include "ops/log_line.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pd::ops {
namespace {

std::string_view name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

// RFC 3339, UTC, milliseconds.
std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::string in_quotes(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

bool plain(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\'; });
}

std::string as_text(std::string_view time, Level level, std::string_view event, Log::Fields fields) {
  std::string line = fmt::format("{} {} {}", time, name(level), plain(event) ? std::string(event) : in_quotes(event));
  for (const auto& [key, value] : fields) {
    line += fmt::format(" {}={}", key, plain(value) ? value : in_quotes(value));
  }
  return line;
}

std::string as_json(std::string_view time, Level level, std::string_view event, Log::Fields fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":{})", time, name(level), in_quotes(event));
  for (const auto& [key, value] : fields)
    line += fmt::format(",{}:{}", in_quotes(key), in_quotes(value));
  return line + '}';
}

}  // namespace

std::string log_line(LogFormat format, std::chrono::system_clock::time_point time, Level level, std::string_view event,
                     Log::Fields fields) {
  const std::string when = timestamp(time);
  return format == LogFormat::json ? as_json(when, level, event, fields) : as_text(when, level, event, fields);
}

}  // namespace pd::ops
