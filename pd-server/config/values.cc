#include "config/values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace pd::config {
namespace {

using identity::Reason;

constexpr std::size_t longest_text = 4'096;
constexpr double greatest_rate = 1e9;

tl::unexpected<identity::Error> wrong(std::string_view text, std::string_view allowed) {
  // What somebody typed is repeated, but not a whole book of it.
  return identity::fail(Reason::malformed, "", fmt::format("'{}' is not {}", text.substr(0, 200), allowed));
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// An IPv4 or IPv6 literal in its canonical form.
std::optional<std::string> ip(const std::string& text) {
  std::array<unsigned char, 16> raw{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (inet_pton(family, text.c_str(), raw.data()) != 1) return std::nullopt;
  inet_ntop(family, raw.data(), canonical.data(), canonical.size());
  return std::string(canonical.data());
}

std::string bracketed(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

// "127.0.0.1:8443" or "[::1]:8443".
std::optional<Listen> endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  auto address = ip(std::string(host));
  const auto port = number<std::uint16_t>(text.substr(colon + 1));
  if (!address || !port || brackets != (address->find(':') != std::string::npos)) return std::nullopt;
  return Listen{*std::move(address), *port};
}

constexpr std::array<std::pair<std::string_view, identity::RegistrationMode>, 3> registration_modes{{
    {"open", identity::RegistrationMode::open},
    {"invite", identity::RegistrationMode::invite},
    {"closed", identity::RegistrationMode::closed},
}};
constexpr std::array<std::pair<std::string_view, ops::Level>, 4> levels{{
    {"debug", ops::Level::debug},
    {"info", ops::Level::info},
    {"warning", ops::Level::warning},
    {"error", ops::Level::error},
}};
constexpr std::array<std::pair<std::string_view, ops::LogFormat>, 2> log_formats{{
    {"text", ops::LogFormat::text},
    {"json", ops::LogFormat::json},
}};
constexpr std::array<std::pair<char, std::uint64_t>, 4> units{{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};

template <class Table, class Value>
Result<void> read_name(const Table& table, std::string_view text, Value& value) {
  std::string allowed;
  for (const auto& [name, of] : table) {
    if (name == text) {
      value = of;
      return {};
    }
    allowed += fmt::format("{}{}", allowed.empty() ? "one of: " : ", ", name);
  }
  return wrong(text, allowed);
}

template <class Table, class Value>
std::string write_name(const Table& table, Value value) {
  for (const auto& [name, of] : table)
    if (of == value) return std::string(name);
  return {};
}

}  // namespace

Result<void> read(std::string_view text, std::string& value) {
  if (text.empty() || text.size() > longest_text) return wrong(text, "a text of 1 to 4096 bytes");
  value = text;
  return {};
}

Result<void> read(std::string_view text, std::filesystem::path& value) {
  if (text.empty() || text.size() > longest_text || text.find('\0') != std::string_view::npos)
    return wrong(text, "a path of 1 to 4096 bytes");
  value = text;
  return {};
}

Result<void> read(std::string_view text, bool& value) {
  return read_name(std::array<std::pair<std::string_view, bool>, 2>{{{"true", true}, {"false", false}}}, text, value);
}

Result<void> read(std::string_view text, identity::Domain& value) {
  auto domain = identity::Domain::parse(text);
  if (!domain) return wrong(text, "a domain such as example.org: " + domain.error().message);
  value = *std::move(domain);
  return {};
}

Result<void> read(std::string_view text, Listen& value) {
  auto parsed = endpoint(text);
  if (!parsed) return wrong(text, "an address and a port such as 127.0.0.1:8443 or [::]:443");
  value = *std::move(parsed);
  return {};
}

Result<void> read(std::string_view text, Override& value) {
  constexpr std::string_view allowed = "DOMAIN:PORT:ADDR:PORT such as example.org:443:127.0.0.1:8443";
  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) return wrong(text, allowed);
  auto domain = identity::Domain::parse(text.substr(0, first));
  const auto port = number<std::uint16_t>(text.substr(first + 1, second - first - 1));
  auto target = endpoint(text.substr(second + 1));
  if (!domain || !port || *port == 0 || !target || target->port == 0) return wrong(text, allowed);
  value = Override{*std::move(domain), *port, std::move(target->address), target->port};
  return {};
}

Result<void> read(std::string_view text, limit::Rate& value) {
  constexpr std::string_view allowed = "PER_SECOND:BURST such as 50:200, the first above 0, the second at least 1";
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return wrong(text, allowed);
  const auto per_second = number<double>(text.substr(0, colon));
  const auto burst = number<double>(text.substr(colon + 1));
  const auto sane = [](double rate, double least) {
    return std::isfinite(rate) && rate >= least && rate <= greatest_rate;
  };
  if (!per_second || !burst || !sane(*per_second, 1e-6) || !sane(*burst, 1)) return wrong(text, allowed);
  value = {*per_second, *burst};
  return {};
}

Result<void> read(std::string_view text, identity::RegistrationMode& value) {
  return read_name(registration_modes, text, value);
}
Result<void> read(std::string_view text, ops::Level& value) {
  return read_name(levels, text, value);
}
Result<void> read(std::string_view text, ops::LogFormat& value) {
  return read_name(log_formats, text, value);
}

Result<void> read(std::string_view text, std::uint64_t& value, Range range) {
  const auto parsed = number<std::uint64_t>(text);
  if (!parsed || *parsed < range.least || *parsed > range.most)
    return wrong(text, fmt::format("a number from {} to {}", range.least, range.most));
  value = *parsed;
  return {};
}

Result<void> read(std::string_view text, std::chrono::seconds& value, Range range) {
  std::uint64_t factor = 1;
  std::string_view digits = text;
  for (const auto& [letter, seconds] : units) {
    if (text.empty() || text.back() != letter) continue;
    factor = seconds;
    digits.remove_suffix(1);
  }
  const auto parsed = number<std::uint32_t>(digits);
  if (!parsed || *parsed * factor < range.least || *parsed * factor > range.most)
    return wrong(text, fmt::format("a time from {} to {} (such as 90s, 5m, 24h)",
                                   write(std::chrono::seconds(range.least)), write(std::chrono::seconds(range.most))));
  value = std::chrono::seconds(*parsed * factor);
  return {};
}

std::string write(const std::string& value) {
  return value;
}
std::string write(const std::filesystem::path& value) {
  return value.string();
}
std::string write(bool value) {
  return value ? "true" : "false";
}
std::string write(const identity::Domain& value) {
  return value.text();
}
std::string write(const Listen& value) {
  return fmt::format("{}:{}", bracketed(value.address), value.port);
}
std::string write(const Override& value) {
  return fmt::format("{}:{}:{}:{}", value.domain.text(), value.port, bracketed(value.address), value.target_port);
}
std::string write(const limit::Rate& value) {
  return fmt::format("{}:{}", value.per_second, value.burst);
}
std::string write(identity::RegistrationMode value) {
  return write_name(registration_modes, value);
}
std::string write(ops::Level value) {
  return write_name(levels, value);
}
std::string write(ops::LogFormat value) {
  return write_name(log_formats, value);
}
std::string write(std::uint64_t value) {
  return std::to_string(value);
}

std::string write(std::chrono::seconds value) {
  const auto count = static_cast<std::uint64_t>(value.count());
  for (const auto& [letter, seconds] : units)
    if (count >= seconds && count % seconds == 0) return fmt::format("{}{}", count / seconds, letter);
  return "0s";
}

Result<std::string> dns_server(std::string_view text) {
  if (auto plain = ip(std::string(text))) return *std::move(plain);
  Listen with_port;
  if (auto parsed = read(text, with_port); !parsed || with_port.port == 0)
    return wrong(text, "the address of a name server such as 192.0.2.53 or [2001:db8::53]:5353");
  return write(with_port);
}

Result<std::string> stun_host(std::string_view text) {
  const auto server = identity::StunServer::parse(fmt::format("{}:1", bracketed(std::string(text))));
  if (!server) return wrong(text, "a name or an address such as stun.example.org or 198.51.100.4");
  return server->host;
}

Result<std::string> api_url(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  constexpr std::string_view allowed = "https://HOST or https://HOST:PORT, without a path";
  if (!text.starts_with(scheme)) return wrong(text, allowed);
  std::string_view host = text.substr(scheme.size());
  std::string port;
  if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    const auto parsed = number<std::uint16_t>(host.substr(colon + 1));
    if (!parsed || *parsed == 0) return wrong(text, allowed);
    if (*parsed != 443) port = fmt::format(":{}", *parsed);
    host = host.substr(0, colon);
  }
  const auto domain = identity::Domain::parse(host);
  if (!domain) return wrong(text, allowed);
  return fmt::format("{}{}{}", scheme, domain->text(), port);
}

}  // namespace pd::config
