#include "session/ending.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pd::session {

namespace {

constexpr std::array<std::pair<Ending, std::string_view>, 9> ending_names = {{
    {Ending::done, "done"},
    {Ending::shutdown, "shutdown"},
    {Ending::replaced, "replaced"},
    {Ending::silent, "silent"},
    {Ending::lost, "lost"},
    {Ending::left, "left"},
    {Ending::broken, "broken"},
    {Ending::refused, "refused"},
    {Ending::failed, "failed"},
}};

}  // namespace

std::string_view text_of(Ending ending) {
  const auto* found =
      std::find_if(ending_names.begin(), ending_names.end(), [&](const auto& entry) { return entry.first == ending; });
  return found->second;
}

std::optional<Ending> ending_of(std::string_view text) {
  const auto* found =
      std::find_if(ending_names.begin(), ending_names.end(), [&](const auto& entry) { return entry.second == text; });
  if (found == ending_names.end()) {
    return std::nullopt;
  }
  return found->first;
}

}  // namespace pd::session
