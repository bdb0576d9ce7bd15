#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

#include "doctor/finding.h"

namespace pd::doctor::test {

// The finding of that name, which must be there.
inline Finding finding(const Findings& findings, const std::string& name) {
  const auto found = std::ranges::find(findings, name, &Finding::name);
  if (found == findings.end()) throw std::runtime_error("nothing was found about " + name);
  return *found;
}

inline bool is_about(const Findings& findings, const std::string& name) {
  return std::ranges::find(findings, name, &Finding::name) != findings.end();
}

inline bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pd::doctor::test
