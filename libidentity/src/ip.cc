#include "ip.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace pd::identity {
namespace {

using Groups = std::array<std::uint16_t, 8>;

// Takes the group of hexadecimal digits at the front of `text`; none unless there are one to four.
std::optional<std::uint16_t> take_group(std::string_view& text) {
  std::uint16_t group = 0;
  const char* end = text.data() + std::min<std::size_t>(text.size(), 4);
  const auto [stop, error] = std::from_chars(text.data(), end, group, 16);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return group;
}

// Groups separated by single colons, at least one, at most `most`; how many there were.
std::optional<std::size_t> read_groups(std::string_view text, Groups& groups, std::size_t most) {
  for (std::size_t count = 0; count < most;) {
    const auto group = take_group(text);
    if (!group) return std::nullopt;
    groups[count++] = *group;
    if (text.empty()) return count;
    if (!text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

// RFC 4291, section 2.2, forms 1 and 2.
std::optional<Groups> read_ipv6(std::string_view text) {
  Groups groups{};
  const auto gap = text.find("::");
  if (gap == text.npos) {
    const auto count = read_groups(text, groups, groups.size());
    return count == groups.size() ? std::optional(groups) : std::nullopt;
  }
  const std::string_view front = text.substr(0, gap);
  const std::string_view back = text.substr(gap + 2);
  std::size_t before = 0;
  if (!front.empty()) {
    const auto count = read_groups(front, groups, 7);
    if (!count) return std::nullopt;
    before = *count;
  }
  if (back.empty()) return groups;
  Groups tail{};
  const auto after = read_groups(back, tail, 7);
  if (!after || before + *after > 7) return std::nullopt;
  std::copy_n(tail.begin(), *after, groups.end() - static_cast<std::ptrdiff_t>(*after));
  return groups;
}

struct Run {
  std::size_t begin = 0;
  std::size_t length = 0;
};

// RFC 5952, section 4.2: the first of the longest runs of two zero groups or more.
Run longest_zero_run(const Groups& groups) {
  Run best;
  for (std::size_t i = 0; i < groups.size();) {
    const std::size_t begin = i;
    while (i < groups.size() && groups[i] == 0)
      ++i;
    if (i - begin > std::max<std::size_t>(best.length, 1)) best = {begin, i - begin};
    if (i == begin) ++i;
  }
  return best;
}

void append_group(std::string& text, std::uint16_t group) {
  std::array<char, 4> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), group, 16);
  text.append(digits.data(), result.ptr);
}

std::string write_ipv6(const Groups& groups) {
  const Run gap = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < groups.size();) {
    if (gap.length != 0 && i == gap.begin) {
      text += "::";
      i += gap.length;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    append_group(text, groups[i++]);
  }
  return text;
}

bool names_one_host(const Groups& groups) {
  constexpr Groups loopback = {0, 0, 0, 0, 0, 0, 0, 1};
  if (groups == loopback) return true;
  const bool multicast = (groups[0] & 0xFF00) == 0xFF00;
  // ::/96 and ::ffff:0:0/96, the unspecified address among them: other spellings of IPv4 (RFC 4291, section 2.5.5).
  const bool leading_zeros = std::all_of(groups.begin(), groups.begin() + 5, [](auto group) { return group == 0; });
  const bool embeds_ipv4 = leading_zeros && (groups[5] == 0 || groups[5] == 0xFFFF);
  // 64:ff9b::/96: the translator of each network stands there for the IPv4 address behind it (RFC 6052).
  const bool translated = groups[0] == 0x64 && groups[1] == 0xFF9B &&
                          std::all_of(groups.begin() + 2, groups.begin() + 6, [](auto group) { return group == 0; });
  return !multicast && !embeds_ipv4 && !translated;
}

}  // namespace

std::optional<std::string> canonical_ipv4(std::string_view text) {
  std::array<unsigned, 4> bytes{};
  std::string_view rest = text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), bytes[i]);
    const auto digits = static_cast<std::size_t>(stop - rest.data());
    if (error != std::errc{} || bytes[i] > 255 || (digits > 1 && rest.starts_with('0'))) return std::nullopt;
    rest.remove_prefix(digits);
    const bool last = i + 1 == bytes.size();
    if (last ? !rest.empty() : !rest.starts_with('.')) return std::nullopt;
    if (!last) rest.remove_prefix(1);
  }
  // "This network", and multicast, reserved and broadcast from 224.0.0.0 on (RFC 6890).
  if (bytes[0] == 0 || bytes[0] >= 224) return std::nullopt;
  if (bytes[0] == 169 && bytes[1] == 254) return std::nullopt;  // link-local: another host on each link (RFC 3927)
  return std::string(text);
}

std::optional<std::string> canonical_ipv6(std::string_view text) {
  const auto groups = read_ipv6(text);
  if (!groups || !names_one_host(*groups)) return std::nullopt;
  return write_ipv6(*groups);
}

}  // namespace pd::identity
