#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace pd::server {

// Why the server cannot start, and what its administrator can do about it.
class StartError : public std::runtime_error {
 public:
  StartError(const std::string& what, std::string hint) : std::runtime_error(what), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

}  // namespace pd::server
