#include "identity/safety_number.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <openssl/sha.h>

#include "identity/encoding.h"

namespace pd::identity {
namespace {

constexpr std::string_view context = "pd-safety-number-v1";
constexpr std::size_t groups = 12;
constexpr std::size_t group_digits = 5;
constexpr std::size_t group_bytes = 5;
constexpr std::uint64_t group_modulus = 100'000;

// Both people must get the same: whoever's address comes first in byte order is first (SAFE-1).
std::pair<const Party&, const Party&> in_order(const Party& a, const Party& b) {
  const auto rank = [](const Party& party) { return std::tuple(party.address.text(), party.identity_key.raw()); };
  return rank(b) < rank(a) ? std::pair<const Party&, const Party&>(b, a) : std::pair<const Party&, const Party&>(a, b);
}

std::string lines(const Party& party) {
  return "\n" + party.address.text() + "\n" + party.identity_key.id();
}

}  // namespace

std::string safety_number(const Party& a, const Party& b) {
  const auto [first, second] = in_order(a, b);
  const std::string text = std::string(context) + lines(first) + lines(second) + "\n";
  std::array<std::uint8_t, SHA512_DIGEST_LENGTH> digest{};
  SHA512(bytes_of(text).data(), text.size(), digest.data());

  std::string number;
  for (std::size_t group = 0; group < groups; ++group) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < group_bytes; ++i)
      value = value << 8 | digest[group * group_bytes + i];
    const std::string digits = std::to_string(value % group_modulus);
    if (group > 0) number += ' ';
    number.append(group_digits - digits.size(), '0').append(digits);
  }
  return number;
}

std::string safety_qr_text(const Party& a, const Party& b) {
  const auto [first, second] = in_order(a, b);
  return "pd:verify?v=1&a=" + first.address.text() + "&ak=" + first.identity_key.id() + "&b=" + second.address.text() +
         "&bk=" + second.identity_key.id();
}

}  // namespace pd::identity
