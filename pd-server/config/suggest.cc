#include <algorithm>
#include <numeric>

#include "config/option.h"

namespace pd::config {
namespace {

// How many letters must be added, dropped or changed to make `b` of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_option(std::string_view name) {
  constexpr std::size_t too_far = 4;
  std::size_t best = std::min(too_far, name.size());
  std::string nearest;
  for (const auto& option : options()) {
    const std::size_t away = distance(name.substr(0, 40), option.name);
    if (away >= best) continue;
    best = away;
    nearest = option.name;
  }
  return nearest;
}

}  // namespace pd::config
