#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pd::service {

// Names that nobody may register: those by which a domain's keepers are known (RFC 2142 and its like) and which would
// lend a stranger their authority, and those that the configuration adds. Immutable; any thread.
class ReservedNames {
 public:
  explicit ReservedNames(const std::vector<std::string>& added = {});

  // `local` is in lower case.
  bool contains(std::string_view local) const { return names_.contains(local); }

 private:
  std::set<std::string, std::less<>> names_;
};

}  // namespace pd::service
