#include "federation/url.h"

#include <algorithm>
#include <charconv>

namespace pd::federation {
namespace {

using identity::fail;
using identity::Reason;

bool plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\' && c != '#';
}

identity::Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0)
    return fail(Reason::malformed, "FED-4", "a port is a number from 1 to 65535");
  return port;
}

}  // namespace

std::string Url::authority() const {
  return port == 443 ? host.text() : host.text() + ":" + std::to_string(port);
}

identity::Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  if (text.size() > max_url_bytes || !text.starts_with(scheme) || !std::all_of(text.begin(), text.end(), plain))
    return fail(Reason::malformed, "FED-4", "not a URL like https://example.org/path");
  text.remove_prefix(scheme.size());
  const auto slash = std::min(text.find_first_of("/?"), text.size());
  auto host_text = text.substr(0, slash);
  auto target = std::string(text.substr(slash));
  if (target.empty() || target.front() == '?') target.insert(target.begin(), '/');

  std::uint16_t port = 443;
  if (const auto colon = host_text.find(':'); colon != std::string_view::npos) {
    const auto parsed = parse_port(host_text.substr(colon + 1));
    if (!parsed) return tl::unexpected(parsed.error());
    port = *parsed;
    host_text = host_text.substr(0, colon);
  }
  auto host = identity::Domain::parse(host_text);
  if (!host) return fail(Reason::malformed, "FED-4", "the host of a URL must be a DNS name: " + host.error().message);
  return Url{std::move(*host), port, std::move(target)};
}

}  // namespace pd::federation
