#include "ops/domain_key.h"

#include <fcntl.h>
#include <sys/stat.h>

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

void replace(const fs::path& file, const identity::PrivateKey& key) {
  replace_durably(file, identity::Secret(key.pem()).view());
}

void check_private(const fs::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) == 0 && (found.st_mode & 077) != 0)
    fail(file, "others than its owner may read or write it: chmod 600 it");
}

identity::PrivateKey read(const fs::path& file) {
  check_private(file);
  const identity::Secret pem(read_bounded(file, most_bytes));
  auto key = identity::PrivateKey::from_pem(pem.view());
  if (!key) fail(file, "not a usable key: " + key.error().message);
  return std::move(*key);
}

}  // namespace

DomainKeyFile::Lock::Lock(const DomainKeyFile& file) : file_(file.lock_file(), O_CREAT | O_RDWR, 0600) {
  give_to_owner_of_directory(file_, file.lock_file());
  lock(file_, file.lock_file(), Waiting::yes);
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
