#include "doctor/finding.h"

#include <algorithm>

namespace pd::doctor {

std::string_view name(Grade grade) {
  switch (grade) {
    case Grade::good:
      return "good";
    case Grade::limited:
      return "limited";
    case Grade::bad:
      break;
  }
  return "bad";
}

int status_of(const Findings& findings) {
  const auto first = std::ranges::find(findings, Grade::bad, &Finding::grade);
  return first == findings.end() ? 0 : static_cast<int>(first->kind);
}

}  // namespace pd::doctor
