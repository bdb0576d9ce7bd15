#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

namespace pd::agent {

// What the agent writes about itself: never what people say to each other. Lines on standard error, where systemd takes
// them; or, once into() was called, in a file of bounded size, to which standard output and error lead from then on.
// One thread.
class Log {
 public:
  static constexpr std::size_t max_bytes = 512 * 1024;  // then it becomes FILE.1, and a new one begins

  // Throws directory::Failure.
  void into(std::filesystem::path file);
  void write(std::string_view line);

 private:
  void open();

  std::optional<std::filesystem::path> file_;
  std::size_t size_ = 0;
};

}  // namespace pd::agent
