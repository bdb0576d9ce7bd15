#include "files/source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

#include "directory/failure.h"
#include "session/text.h"

namespace pd::files {

namespace fs = std::filesystem;
using directory::Failure;
using directory::Kind;

namespace {

[[noreturn]] void throw_about(const fs::path& file, int error) {
  throw Failure(Kind::failed,
                "cannot send " + session::one_safe_line(file.string()) + ": " + std::generic_category().message(error));
}

struct stat look_at(const fs::path& file, bool follow) {
  struct stat found {};
  if (::fstatat(AT_FDCWD, file.c_str(), &found, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
    throw_about(file, errno);
  }
  return found;
}

class Collection {
 public:
  explicit Collection(const OnLeftOut& left_out) : left_out_(left_out) {}

  void add_named(const fs::path& file) {
    const auto absolute = fs::absolute(file).lexically_normal();
    const auto last = absolute.has_filename() ? absolute.filename() : absolute.parent_path().filename();
    const auto name = last.string();
    if (name.empty()) {
      throw Failure(Kind::usage, "the whole file system cannot be sent");
    }
    unsigned n = 0;
    while (names_.contains(free_name(name, n))) {
      ++n;
    }
    names_.insert(free_name(name, n));
    add(free_name(name, n), file, look_at(file, true));
  }

  std::vector<Source> take() { return std::move(sources_); }

 private:
  void add(const std::string& path, const fs::path& file, const struct stat& found) {
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) {
      left_out_(session::one_safe_line(file.string()) + " is neither a file nor a directory");
      return;
    }
    if (const auto fine = check_path(path); !fine) {
      throw Failure(Kind::failed,
                    "cannot send " + session::one_safe_line(file.string()) + ": " + directory::describe(fine.error()),
                    "give it another name, or put it into an archive");
    }
    if (sources_.size() == max_entries) {
      throw Failure(Kind::failed, "more than 10,000 files and directories", "put them into an archive");
    }
    path_bytes_ += path.size();
    if (path_bytes_ > max_list_bytes) {
      throw Failure(Kind::failed, "the names of the files have more than 2 MiB in all", "put them into an archive");
    }
    Entry entry{path, S_ISDIR(found.st_mode), 0, {}, false};
    if (!entry.directory) {
      entry.size = static_cast<std::uint64_t>(found.st_size);
      entry.modified = identity::Time(identity::Seconds(std::max<time_t>(0, found.st_mtime)));
      entry.executable = (found.st_mode & S_IXUSR) != 0;
    }
    sources_.push_back({entry, file});
    if (entry.directory) {
      add_content(path, file);
    }
  }

  void add_content(const std::string& path, const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> inside;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      inside.push_back(it->path());
    }
    if (error) {
      throw_about(folder, error.value());
    }
    std::sort(inside.begin(), inside.end());
    for (const auto& file : inside) {
      add(path + "/" + file.filename().string(), file, look_at(file, false));
    }
  }

  const OnLeftOut& left_out_;
  std::vector<Source> sources_;
  std::size_t path_bytes_ = 0;
  std::set<std::string> names_;  // at the top
};

}  // namespace

std::vector<Source> collect(const std::vector<fs::path>& named, const OnLeftOut& left_out) {
  Collection collection(left_out);
  for (const auto& file : named) {
    collection.add_named(file);
  }
  auto sources = collection.take();
  if (sources.empty()) {
    throw Failure(Kind::failed, "there is nothing to send");
  }
  return sources;
}

std::vector<Entry> entries_of(const std::vector<Source>& sources) {
  std::vector<Entry> entries;
  std::transform(sources.begin(), sources.end(), std::back_inserter(entries),
                 [](const Source& source) { return source.entry; });
  return entries;
}

}  // namespace pd::files
