#include "federation/freshness.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "identity/encoding.h"

namespace pd::federation {
namespace {

using identity::Seconds;

std::string directive(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return identity::lower(text);
}

}  // namespace

Seconds fresh_for(std::string_view cache_control, Seconds otherwise, Seconds most) {
  constexpr std::string_view name = "max-age=";
  auto fresh = otherwise;
  while (!cache_control.empty()) {
    const auto comma = std::min(cache_control.find(','), cache_control.size());
    const auto word = directive(cache_control.substr(0, comma));
    cache_control.remove_prefix(std::min(comma + 1, cache_control.size()));
    if (word == "no-store" || word == "no-cache") return Seconds{0};
    if (!word.starts_with(name)) continue;
    std::uint32_t seconds = 0;
    const auto* end = word.data() + word.size();
    const auto [last, error] = std::from_chars(word.data() + name.size(), end, seconds);
    if (error == std::errc::result_out_of_range)
      fresh = most;
    else
      fresh = error == std::errc{} && last == end ? Seconds{seconds} : Seconds{0};
  }
  return std::min(fresh, most);
}

}  // namespace pd::federation
