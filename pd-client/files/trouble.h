#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace pd::files {

// Why a transfer cannot go on, as it is said to the other side (FILE-7, FILE-13). what() is for our own person.
class Trouble : public std::runtime_error {
 public:
  Trouble(std::string reason, const std::string& what) : std::runtime_error(what), reason_(std::move(reason)) {}
  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};

// What the system just said about `what`.
inline Trouble disk_trouble(const std::string& what) {
  const int error = errno;
  return {error == ENOSPC || error == EDQUOT ? "space" : "disk", what + ": " + std::generic_category().message(error)};
}

}  // namespace pd::files
