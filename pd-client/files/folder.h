#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "files/descriptor.h"

namespace pd::files {

// The folder that files are received into: the only place where this library writes (FILE-14). Every name that is
// passed in has passed check_path(); nothing follows a symbolic link below the folder. Blocks. Throws Trouble.
class Folder {
 public:
  // Makes it when it is missing.
  explicit Folder(const std::filesystem::path& path);

  // The directory at the end of these names, each in the one before; the folder itself for none.
  Descriptor open_directory(const std::vector<std::string>& names) const;
  // Makes a directory in `parent`, under the first name that is free (FILE-15), and returns that.
  static std::string make_directory(const Descriptor& parent, std::string_view name);
  // Gives a file of part() its place in `parent`, under the first name that is free, in one step; returns that.
  // Durable.
  std::string place(const std::string& part_name, const Descriptor& parent, std::string_view name) const;

  // Where files are that are not whole yet.
  const Descriptor& part() const { return part_; }
  // Opens a file there for reading and writing, which only we can have made; makes it with `mode` when it is missing.
  Descriptor open_part(const std::string& name, unsigned mode) const;
  void remove_part(const std::string& name) const;
  // Removes what nobody has changed for that long.
  void remove_old_parts(std::chrono::seconds age) const;

  // How many bytes more fit on its disk.
  std::uint64_t room() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  Descriptor top_;
  Descriptor part_;
};

}  // namespace pd::files
