#include "directory/failure.h"

#include <chrono>

namespace pd::directory {

Clock system_clock() {
  return [] { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); };
}

std::string describe(const identity::Error& error) {
  return error.rule.empty() ? error.message : error.message + " (" + error.rule + ")";
}

}  // namespace pd::directory
