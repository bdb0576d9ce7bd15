#include "directory/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "directory/failure.h"

namespace pd::directory {
namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
  throw Failure(Kind::failed, "cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

// An open file, closed when it goes.
class OpenFile {
 public:
  explicit OpenFile(int number) : number_(number) {}
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int number() const { return number_; }
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

// A rename is on the disk once its directory is.
void sync_directory(const std::filesystem::path& directory) {
  OpenFile opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() < 0 || ::fsync(opened.number()) != 0) fail("save", directory);
}

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

bool write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Writes the whole content, durably, and closes the file; removes it when that fails.
void fill(OpenFile& file, const std::filesystem::path& path, std::string_view content) {
  if (write_all(file.number(), content) && ::fsync(file.number()) == 0 && file.close()) return;
  const int why = errno;
  ::unlink(path.c_str());
  errno = why;
  fail("write", path);
}

// For file systems without links: after a crash a part may be there.
bool write_in_place(const std::filesystem::path& file, std::string_view content) {
  OpenFile opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (opened.number() < 0 && errno == EEXIST) return false;
  if (opened.number() < 0) fail("write", file);
  fill(opened, file, content);
  sync_directory(directory_of(file));
  return true;
}

}  // namespace

void make_private_directory(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail("make", path);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail("look at", path);
  if (!S_ISDIR(status.st_mode)) throw Failure(Kind::failed, path.string() + " is not a directory");
  if (status.st_uid != ::geteuid()) throw Failure(Kind::failed, path.string() + " belongs to somebody else");
  if ((status.st_mode & 077) != 0) {
    throw Failure(Kind::failed, "others may read " + path.string() + ", where keys are kept",
                  "chmod 700 " + path.string());
  }
}

void write_private_file(const std::filesystem::path& file, std::string_view content) {
  auto temporary = file;
  temporary += ".new";
  OpenFile opened(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (opened.number() < 0) fail("write", temporary);
  fill(opened, temporary, content);
  rename_file(temporary, file);
}

bool write_new_private_file(const std::filesystem::path& file, std::string_view content) {
  std::string temporary = file.string() + ".XXXXXX";
  OpenFile opened(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (opened.number() < 0) fail("write", file);
  fill(opened, temporary, content);
  const bool linked = ::link(temporary.c_str(), file.c_str()) == 0;
  const int why = errno;
  ::unlink(temporary.c_str());
  if (!linked) return why != EEXIST && write_in_place(file, content);
  sync_directory(directory_of(file));
  return true;
}

bool can_write_new_private_file(const std::filesystem::path& file) {
  const OpenFile opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (opened.number() < 0 && errno == EEXIST) return false;
  if (opened.number() < 0 || ::unlink(file.c_str()) != 0) fail("write", file);
  return true;
}

std::optional<std::string> read_file(const std::filesystem::path& file, std::size_t max_bytes) {
  OpenFile opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.number() < 0) {
    if (errno == ENOENT) return {};
    fail("read", file);
  }
  std::string content(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const auto got = ::read(opened.number(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", file);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) throw Failure(Kind::failed, file.string() + " is too large");
  content.resize(size);
  return content;
}

void remove_file(const std::filesystem::path& file) {
  if (::unlink(file.c_str()) == 0) {
    sync_directory(directory_of(file));
  } else if (errno != ENOENT) {
    fail("remove", file);
  }
}

void rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("replace", to);
  sync_directory(directory_of(to));
  if (directory_of(from) != directory_of(to)) sync_directory(directory_of(from));
}

}  // namespace pd::directory
