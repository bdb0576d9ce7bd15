#include "ops/domain_key.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "identity/secret.h"

namespace pd::ops {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 16 * 1024;

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw std::runtime_error(file.string() + ": " + what);
}

[[noreturn]] void fail_errno(const fs::path& file, const char* doing) {
  fail(file, std::string(doing) + ": " + std::generic_category().message(errno));
}

// An open file, closed when this goes unless somebody took it.
class Descriptor {
 public:
  Descriptor(const fs::path& file, int flags, mode_t mode = 0) : fd_(::open(file.c_str(), flags | O_CLOEXEC, mode)) {
    if (fd_ < 0) fail_errno(file, "cannot open");
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

void sync_directory(const fs::path& file) {
  const Descriptor directory(file.parent_path(), O_RDONLY | O_DIRECTORY);
  if (::fsync(directory.get()) != 0) fail_errno(file, "cannot make durable");
}

// What root makes here must be readable for the server, which runs as the owner of the directory.
void give_to_owner(int descriptor, const fs::path& file) {
  if (::geteuid() != 0) return;
  struct stat directory {};
  if (::stat(file.parent_path().c_str(), &directory) != 0 ||
      ::fchown(descriptor, directory.st_uid, directory.st_gid) != 0)
    fail_errno(file, "cannot give to the owner of its directory");
}

void write_all(const fs::path& file, std::string_view text) {
  const Descriptor out(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  give_to_owner(out.get(), file);
  while (!text.empty()) {
    const ssize_t written = ::write(out.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno(file, "cannot write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(out.get()) != 0) fail_errno(file, "cannot make durable");
}

// Whole and durable, or not at all.
void replace(const fs::path& file, const identity::PrivateKey& key) {
  fs::path fresh = file;
  fresh += ".new";
  write_all(fresh, identity::Secret(key.pem()).view());
  fs::rename(fresh, file);
  sync_directory(file);
}

void check_private(const fs::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) fail_errno(file, "cannot read");
  if ((found.st_mode & 077) != 0) fail(file, "others than its owner may read or write it: chmod 600 it");
}

identity::PrivateKey read(const fs::path& file) {
  check_private(file);
  std::ifstream in(file, std::ios::binary);
  if (!in) fail_errno(file, "cannot read");
  std::string pem(most_bytes, '\0');
  in.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  const identity::Secret secret(std::move(pem));
  auto key = identity::PrivateKey::from_pem(secret.view().substr(0, static_cast<std::size_t>(in.gcount())));
  if (!key) fail(file, "not a usable key: " + key.error().message);
  return std::move(*key);
}

}  // namespace

DomainKeyFile::Lock::Lock(const DomainKeyFile& file) {
  const fs::path path = file.data_ / "domain-key.lock";
  Descriptor opened(path, O_CREAT | O_RDWR, 0600);
  give_to_owner(opened.get(), path);
  while (::flock(opened.get(), LOCK_EX) != 0)
    if (errno != EINTR) fail_errno(path, "cannot lock");
  descriptor_ = opened.release();
}

DomainKeyFile::Lock::~Lock() {
  ::close(descriptor_);
}

identity::PrivateKey DomainKeyFile::load(const identity::PublicKey& in_force) const {
  // The current one again at the end: the staged one may just have become it.
  for (const auto& file : {current(), staged(), current()}) {
    if (!fs::exists(file)) continue;
    try {
      auto key = read(file);
      if (key.public_key() == in_force) return key;
    } catch (const std::runtime_error&) {
      // Renamed since we looked; anything else is said below, or by the next try.
      if (fs::exists(file)) throw;
    }
  }
  fail(current(), "not there, or not the key that is in force by the domain's records");
}

bool DomainKeyFile::is_staged(const identity::PublicKey& in_force) const {
  return fs::exists(staged()) && read(staged()).public_key() == in_force;
}

identity::PrivateKey DomainKeyFile::load_or_create() {
  const Lock lock(*this);
  if (!fs::exists(current())) replace(current(), identity::PrivateKey::generate());
  return read(current());
}

void DomainKeyFile::stage(const identity::PrivateKey& next) {
  replace(staged(), next);
}

void DomainKeyFile::commit() {
  fs::rename(staged(), current());
  sync_directory(current());
}

}  // namespace pd::ops
