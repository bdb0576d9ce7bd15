#include "directory/origin.h"

#include <netdb.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "identity/encoding.h"

namespace pd::directory {
namespace {

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return {};
  return port;
}

bool is_host(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-'; });
}

// As the HTTP library will read it.
bool is_ip(const std::string& text) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

}  // namespace

Override Override::parse(std::string_view text) {
  const auto usage = [&](const std::string& what) {
    return Failure(Kind::usage, "--resolve " + std::string(text) + what,
                   "as in curl: --resolve example.org:443:192.0.2.1:8443");
  };
  const auto first = text.find(':');
  const auto second = first == text.npos ? text.npos : text.find(':', first + 1);
  const auto last = text.rfind(':');
  if (second == text.npos || last <= second + 1) throw usage(" is not DOMAIN:PORT:ADDRESS:PORT");
  auto address = std::string(text.substr(second + 1, last - second - 1));
  if (address.front() == '[' && address.back() == ']') address = address.substr(1, address.size() - 2);
  std::string host = identity::lower(text.substr(0, first));
  const auto port = read_port(text.substr(first + 1, second - first - 1));
  const auto target_port = read_port(text.substr(last + 1));
  if (host.empty() || address.empty()) throw usage(" is not DOMAIN:PORT:ADDRESS:PORT");
  if (!port || !target_port) throw usage(": a port is a number from 1 to 65535");
  if (!is_ip(address)) throw usage(": " + address + " is not an IP address");
  return {std::move(host), *port, std::move(address), *target_port};
}

Origin Origin::parse(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) throw Failure(Kind::failed, "\"" + std::string(url) + "\" is not an https:// URL");
  auto authority = url.substr(scheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  const auto colon = authority.find(':');
  const auto host = authority.substr(0, colon);
  if (!is_host(host)) throw Failure(Kind::failed, "\"" + std::string(url) + "\" is not https://HOST[:PORT]");
  Origin origin{std::string(host)};
  if (colon != authority.npos) {
    const auto port = read_port(authority.substr(colon + 1));
    if (!port) throw Failure(Kind::failed, "no port number in \"" + std::string(url) + "\"");
    origin.port = *port;
  }
  return origin;
}

std::string Origin::authority() const {
  return port == 443 ? host : host + ":" + std::to_string(port);
}

std::string Origin::text() const {
  return "https://" + authority();
}

std::optional<ServiceTarget> ServiceTarget::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos || !is_host(text.substr(0, colon))) return {};
  const auto port = read_port(text.substr(colon + 1));
  if (!port) return {};
  return ServiceTarget{std::string(text.substr(0, colon)), *port};
}

}  // namespace pd::directory
