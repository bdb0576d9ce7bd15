#pragma once

#include <string_view>

namespace pd::federation {

// The last two labels of a domain name. Names beneath one's own cost nothing, so what must not be one operator's alone
// is counted by this. Under a suffix such as co.uk strangers are one family: they share what a family may have.
constexpr std::string_view family_of(std::string_view domain) {
  const auto last = domain.rfind('.');
  if (last == std::string_view::npos || last == 0) return domain;
  const auto before = domain.rfind('.', last - 1);
  return before == std::string_view::npos ? domain : domain.substr(before + 1);
}

}  // namespace pd::federation
