#include "files/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <memory>
#include <system_error>

#include "files/entry.h"
#include "files/trouble.h"

namespace pd::files {

namespace {

constexpr mode_t directory_mode = 0777;  // less the umask
constexpr mode_t private_mode = 0700;

Descriptor open_at(const Descriptor& parent, const std::string& name) {
  Descriptor found(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!found) {
    throw disk_trouble("the directory " + name + " cannot be entered");
  }
  return found;
}

// Renames unless something is there. False: something is.
bool rename_to_free(int from, const char* old_name, int to, const char* new_name) {
  if (::renameat2(from, old_name, to, new_name, RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno == EINVAL || errno == ENOSYS) {  // a file system without it: a link fails as well where something is
    if (::linkat(from, old_name, to, new_name, 0) == 0) {
      return ::unlinkat(from, old_name, 0) == 0;
    }
  }
  if (errno != EEXIST) {
    throw disk_trouble(std::string("cannot give ") + new_name + " its name");
  }
  return false;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Folder::Folder(const std::filesystem::path& path) : path_(path) {
  std::error_code ignored;
  std::filesystem::create_directories(path, ignored);
  top_ = Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!top_) {
    throw disk_trouble("cannot use the folder " + path.string());
  }
  const std::string name(part_folder);
  if (::mkdirat(top_.get(), name.c_str(), private_mode) != 0 && errno != EEXIST) {
    throw disk_trouble("cannot write in the folder " + path.string());
  }
  part_ = open_at(top_, name);
}

Descriptor Folder::open_directory(const std::vector<std::string>& names) const {
  Descriptor found = open_at(top_, ".");
  for (const auto& name : names) {
    found = open_at(found, name);
  }
  return found;
}

std::string Folder::make_directory(const Descriptor& parent, std::string_view name) {
  for (unsigned n = 0; n < most_free_names; ++n) {
    auto chosen = free_name(name, n);
    if (::mkdirat(parent.get(), chosen.c_str(), directory_mode) == 0) {
      return chosen;
    }
    if (errno != EEXIST) {
      throw disk_trouble("cannot make the directory " + chosen);
    }
  }
  throw Trouble("disk", "there is no free name for " + std::string(name));
}

std::string Folder::place(const std::string& part_name, const Descriptor& parent, std::string_view name) const {
  for (unsigned n = 0; n < most_free_names; ++n) {
    auto chosen = free_name(name, n);
    if (rename_to_free(part_.get(), part_name.c_str(), parent.get(), chosen.c_str())) {
      if (::fsync(parent.get()) != 0) {
        throw disk_trouble("cannot keep " + chosen);
      }
      return chosen;
    }
  }
  throw Trouble("disk", "there is no free name for " + std::string(name));
}

Descriptor Folder::open_part(const std::string& name, unsigned mode) const {
  Descriptor file(::openat(part_.get(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode));
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0) {
    throw disk_trouble("cannot write " + name);
  }
  if (!S_ISREG(found.st_mode) || found.st_nlink > 1) {
    throw Trouble("disk", name + " is not a file of ours");
  }
  return file;
}

void Folder::remove_part(const std::string& name) const {
  if (::unlinkat(part_.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    throw disk_trouble("cannot remove " + name);
  }
}

void Folder::remove_old_parts(std::chrono::seconds age) const {
  const int again = ::openat(part_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // the listing closes it
  const std::unique_ptr<DIR, CloseDirectory> listing(again < 0 ? nullptr : ::fdopendir(again));
  if (!listing) {
    throw disk_trouble("cannot use the folder " + path_.string());
  }
  while (const auto* const item = ::readdir(listing.get())) {
    struct stat found {};
    const bool there = ::fstatat(part_.get(), item->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISDIR(found.st_mode) && std::time(nullptr) - found.st_mtime > age.count()) {
      remove_part(item->d_name);
    }
  }
}

std::uint64_t Folder::room() const {
  struct statvfs system {};
  if (::fstatvfs(top_.get(), &system) != 0) {
    throw disk_trouble("cannot use the folder " + path_.string());
  }
  return static_cast<std::uint64_t>(system.f_bavail) * system.f_frsize;
}

}  // namespace pd::files
