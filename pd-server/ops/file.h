#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/types.h>

// Files that are read whole, and that are written whole or not at all.
namespace pd::ops {

// what() names the file, says what could not be done with it, and why.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// All of a file. Throws FileError: not there, not readable, or longer than `most` bytes.
std::string read_bounded(const std::filesystem::path& file, std::size_t most);

// Replaces what is there, or makes it: whoever looks sees all of `text` or what was there before, also after a loss of
// power. One writer at a time, since the text comes to "FILE.new" first. What root
// writes belongs to the owner of the directory: the server that must read it runs as that user. Throws FileError.
void replace_durably(const std::filesystem::path& file, std::string_view text, mode_t mode = 0600);

// Makes a new file with mode 0600, whole and on the disk. Throws FileError; also when anything of that name is there.
void create_durably(const std::filesystem::path& file, std::string_view text);

// What became of the names in the directory of `file` is on the disk. Throws FileError.
void sync_directory(const std::filesystem::path& file);

// An open file, closed when this goes.
class Descriptor {
 public:
  // As open(2). Throws FileError.
  Descriptor(const std::filesystem::path& file, int flags, mode_t mode = 0);
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_;
};

// Takes the exclusive lock of an open file (flock(2)); it ends with the descriptor. False: another has it, and there is
// no waiting. Throws FileError.
enum class Waiting { yes, no };
bool lock(const Descriptor& opened, const std::filesystem::path& file, Waiting waiting);

// When root does it: what was just opened belongs to the owner of its directory from now on. Throws FileError.
void give_to_owner_of_directory(const Descriptor& opened, const std::filesystem::path& file);

// A new, empty file of mode 0600 beside `final`, to be filled; gone with this object unless it was kept.
class Draft {
 public:
  // Throws FileError.
  explicit Draft(std::filesystem::path final);
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft();

  // Removes what drafts of `final` left whose process was killed. None may be under way.
  static void remove_abandoned(const std::filesystem::path& final);

  const std::filesystem::path& path() const { return path_; }
  // Puts it on the disk under its final name, which nothing may have. Throws FileError.
  void keep();

 private:
  std::filesystem::path final_;
  std::filesystem::path path_;
};

}  // namespace pd::ops
