#pragma once

#include <filesystem>

#include "ops/file.h"

namespace pd::ops {

// The right to serve from a data directory, of one process at a time; it ends with the object or the process. Two
// servers would each know only its own challenges and limits. The administrator's commands need none.
class RunLock {
 public:
  // Throws Taken when another has it, FileError.
  explicit RunLock(const std::filesystem::path& data);

  class Taken : public FileError {
   public:
    using FileError::FileError;
  };

 private:
  Descriptor file_;
};

}  // namespace pd::ops
