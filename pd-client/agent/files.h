#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "identity/address.h"

namespace pd::agent {

// What somebody offers to send, or sends (AGT-23).
struct Transfer {
  std::uint64_t number;
  identity::Address with;
  std::size_t files;
  std::uint64_t bytes;
  std::vector<std::string> names;
  bool receiving = false;  // otherwise it waits for an answer; then nothing below holds
  std::string folder = {};
  std::uint64_t bytes_there = 0;
  std::uint64_t rate = 0;
};

// The files that others send to the owner, as the methods need them (AGT-24, AGT-25). One thread.
class Files {
 public:
  virtual ~Files() = default;

  // All that waits for an answer or is received now, the oldest first.
  virtual std::vector<Transfer> list() = 0;

  // Each takes the number of a transfer that list() has in the right state. An empty folder is the usual one. accept()
  // throws directory::Failure when the disk says no.
  virtual void accept(std::uint64_t number, const std::filesystem::path& folder) = 0;
  virtual void decline(std::uint64_t number) = 0;
  virtual void cancel(std::uint64_t number) = 0;
};

}  // namespace pd::agent
