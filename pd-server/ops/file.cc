#include "ops/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "identity/encoding.h"

namespace pd::ops {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const char* what) {
  throw FileError(file.string() + ": " + what + ": " + std::generic_category().message(errno));
}

std::string size_text(std::size_t bytes) {
  constexpr std::size_t kibi = 1024;
  if (bytes % (kibi * kibi) == 0) return std::to_string(bytes / (kibi * kibi)) + " MiB";
  if (bytes % kibi == 0) return std::to_string(bytes / kibi) + " KiB";
  return std::to_string(bytes) + " bytes";
}

void write_all(const Descriptor& out, const fs::path& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(out.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(file, "cannot write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync(const Descriptor& file, const fs::path& name) {
  if (::fsync(file.get()) != 0) fail(name, "cannot make it durable");
}

constexpr std::string_view draft_mark = ".partial-";
constexpr std::size_t draft_digits = 8;

// Of a draft of `final`, or beside one ("-journal").
bool is_draft(std::string_view name, std::string_view final) {
  if (!name.starts_with(final)) return false;
  name.remove_prefix(final.size());
  if (!name.starts_with(draft_mark)) return false;
  name.remove_prefix(draft_mark.size());
  const auto digits = name.find_first_not_of("0123456789abcdef");
  return digits == std::string_view::npos ? name.size() == draft_digits
                                          : digits == draft_digits && name[draft_digits] == '-';
}

}  // namespace

Descriptor::Descriptor(const fs::path& file, int flags, mode_t mode)
    : fd_(::open(file.c_str(), flags | O_CLOEXEC, mode)) {
  if (fd_ < 0) fail(file, (flags & O_CREAT) != 0 ? "cannot make" : "cannot be read");
}

Descriptor::~Descriptor() {
  ::close(fd_);
}

std::string read_bounded(const fs::path& file, std::size_t most) {
  const Descriptor in(file, O_RDONLY);
  std::string text(std::min<std::size_t>(most + 1, 64 * 1024), '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(in.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(file, "cannot be read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > most) throw FileError(file.string() + ": is longer than " + size_text(most));
    if (size == text.size()) text.resize(std::min(most + 1, 2 * size));
  }
  text.resize(size);
  return text;
}

void replace_durably(const fs::path& file, std::string_view text, mode_t mode) {
  fs::path fresh = file;
  fresh += ".new";
  {
    const Descriptor out(fresh, O_WRONLY | O_CREAT | O_TRUNC, mode);
    give_to_owner_of_directory(out, fresh);
    write_all(out, fresh, text);
    sync(out, fresh);
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) fail(file, "cannot replace");
  sync_directory(file);
}

void create_durably(const fs::path& file, std::string_view text) {
  Draft draft(file);
  write_all(Descriptor(draft.path(), O_WRONLY), draft.path(), text);
  draft.keep();
}

void sync_directory(const fs::path& file) {
  const auto name = fs::absolute(file).parent_path();
  sync(Descriptor(name, O_RDONLY | O_DIRECTORY), name);
}

bool lock(const Descriptor& opened, const fs::path& file, Waiting waiting) {
  while (::flock(opened.get(), waiting == Waiting::yes ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) fail(file, "cannot lock");
  }
  return true;
}

void give_to_owner_of_directory(const Descriptor& opened, const fs::path& file) {
  if (::geteuid() != 0) return;
  struct stat directory {};
  if (::stat(fs::absolute(file).parent_path().c_str(), &directory) != 0 ||
      ::fchown(opened.get(), directory.st_uid, directory.st_gid) != 0)
    fail(file, "cannot give it to the owner of its directory");
}

Draft::Draft(fs::path final) : final_(std::move(final)), path_(final_) {
  path_ += std::string(draft_mark) + identity::hex(identity::random_bytes(draft_digits / 2));
  const int made = ::open(path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (made < 0) fail(final_, "cannot make");
  ::close(made);
}

Draft::~Draft() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

void Draft::remove_abandoned(const fs::path& final) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::absolute(final).parent_path(), ignored))
    if (is_draft(entry.path().filename().string(), final.filename().string())) fs::remove(entry.path(), ignored);
}

void Draft::keep() {
  sync(Descriptor(path_, O_RDONLY), path_);
  // A link, unlike a rename, never replaces what has come there meanwhile.
  if (::link(path_.c_str(), final_.c_str()) != 0) fail(final_, "cannot make");
  fs::remove(path_);
  sync_directory(final_);
}

}  // namespace pd::ops
