#include "origin.h"

#include <charconv>

#include "identity/address.h"

namespace pd::identity {

bool is_https_origin(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  if (!text.starts_with(scheme)) return false;
  text.remove_prefix(scheme.size());
  if (const auto colon = text.find(':'); colon != text.npos) {
    if (!read_port(text.substr(colon + 1))) return false;
    text = text.substr(0, colon);
  }
  const auto host = Domain::parse(text);
  return host && host->text() == text;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || text.starts_with('0')) return std::nullopt;
  return port;
}

}  // namespace pd::identity
