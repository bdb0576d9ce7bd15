#include "http/uri.h"

#include <algorithm>
#include <cstdint>

namespace pd::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// How many bytes a character has that begins with `lead`, or 0 (RFC 3629: no C0, C1, F5 and above).
std::size_t utf8_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The lowest and highest second byte after `lead`: no overlong forms, no surrogates, nothing beyond U+10FFFF.
std::pair<unsigned char, unsigned char> utf8_second(unsigned char lead) {
  switch (lead) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

// UTF-8 without control characters (C0 and DEL; C1 too, which terminals obey).
bool printable_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(lead);
    if (length == 0 || length > text.size() - i || lead < 0x20 || lead == 0x7F) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      const auto [low, high] = k == 1 ? utf8_second(lead) : std::pair<unsigned char, unsigned char>{0x80, 0xBF};
      if (byte < low || byte > high) return false;
    }
    if (lead == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
    i += length;
  }
  return true;
}

// What RFC 3986 lets stand in a path or query as it is; everything else must come percent-encoded.
bool target_character(char c) {
  return c > 0x20 && c < 0x7F && std::string_view("\"#<>\\^`{|}").find(c) == std::string_view::npos;
}

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~[]:").find(c) != std::string_view::npos;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::ranges::equal(text.substr(0, lower.size()), lower, [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
         });
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!printable_utf8(out)) return std::nullopt;
  return out;
}

bool valid_host(std::string_view host) {
  return !host.empty() && host.size() <= 262 && std::ranges::all_of(host, host_character);
}

std::optional<Target> parse_target(std::string_view target) {
  Target out;
  if (target == "*") {
    out.origin = target;
    out.path = target;
    return out;
  }
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!starts_with_ignoring_case(target, scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    out.authority = target.substr(0, end);
    if (!valid_host(*out.authority)) return std::nullopt;
    target.remove_prefix(end);
    if (target.empty()) target = "/";
    break;
  }
  if (target.empty() || target[0] != '/' || !std::ranges::all_of(target, target_character)) return std::nullopt;
  const std::size_t question = std::min(target.find('?'), target.size());
  auto path = percent_decode(target.substr(0, question));
  if (!path || !percent_decode(target.substr(question))) return std::nullopt;
  out.origin = target;
  out.path = std::move(*path);
  return out;
}

}  // namespace pd::http
