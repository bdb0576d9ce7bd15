#include "command/addressed.h"

#include <string_view>
#include <utility>

namespace pd::command {

namespace {

constexpr std::string_view ends_of_address = ": \t>";

// How much of the line stands between the address and the text.
std::size_t separator_size(std::string_view rest) {
  const bool punctuation = rest.front() == ':' || rest.front() == '>';
  const bool blank_after = rest.size() > 1 && (rest[1] == ' ' || rest[1] == '\t');
  return punctuation && blank_after ? 2 : 1;
}

}  // namespace

Addressed addressed(std::string line) {
  const auto at = line.find('@');
  const auto end = at == line.npos ? line.npos : line.find_first_of(ends_of_address, at);
  if (end == line.npos) {
    return {{}, std::move(line)};
  }
  auto to = identity::Address::parse(std::string_view(line).substr(0, end));
  if (!to) {
    return {{}, std::move(line)};
  }
  line.erase(0, end + separator_size(std::string_view(line).substr(end)));
  return {*std::move(to), std::move(line)};
}

}  // namespace pd::command
