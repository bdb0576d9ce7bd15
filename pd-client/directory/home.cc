#include "directory/home.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "directory/file.h"
#include "identity/json.h"

namespace pd::directory {
namespace {

using identity::PrivateKey;
using identity::Result;

constexpr std::size_t max_file = 64 * 1024;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

Result<PrivateKey> open_key(std::string_view pem, const AskPassphrase& ask) {
  if (!identity::pem_is_encrypted(pem)) return PrivateKey::from_pem(pem);
  const auto passphrase = ask();
  return PrivateKey::from_pem(pem, passphrase.view());
}

PrivateKey parse_key(std::string_view pem, std::string_view name, const AskPassphrase& ask) {
  auto key = open_key(pem, ask);
  if (!key && key.error().reason == identity::Reason::crypto)
    throw Failure(Kind::failed, "the passphrase does not open the identity key");
  return require(std::move(key), Kind::failed, "cannot read " + std::string(name));
}

// The lock holds without it: it is for who is refused.
void write_own_number(int file) {
  const auto number = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) != 0 || ::write(file, number.data(), number.size()) < 0) return;
}

long read_number(int file) {
  std::array<char, 32> text{};
  const auto size = ::read(file, text.data(), text.size() - 1);
  return size > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
}

}  // namespace

HomeLock::HomeLock(const std::filesystem::path& file, const Busy& busy)
    : file_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (file_ < 0) throw Failure(Kind::failed, "cannot open " + file.string() + ": " + std::strerror(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) {
    write_own_number(file_);
    return;
  }
  const long holder = read_number(file_);
  ::close(std::exchange(file_, -1));
  throw busy(holder);
}

HomeLock::~HomeLock() {
  if (file_ >= 0) ::close(file_);
}

std::filesystem::path Home::default_path() {
  if (auto home = environment("PD_HOME"); !home.empty()) return home;
  if (auto data = environment("XDG_DATA_HOME"); !data.empty()) return std::filesystem::path(data) / "pd";
  if (auto user = environment("HOME"); !user.empty()) return std::filesystem::path(user) / ".local/share/pd";
  throw Failure(Kind::usage, "no place to keep keys", "set PD_HOME, or give --home DIR");
}

Home::Home(std::filesystem::path path) : path_(std::move(path)) {
  make_private_directory(path_);
}

std::optional<Account> Home::account() const {
  auto text = read("account.json");
  if (!text) return {};
  const std::string where = (path_ / "account.json").string();
  const auto json = require(identity::parse_object(*text), Kind::failed, where);
  const auto version = require(identity::integer_member(json, "v", ""), Kind::failed, where);
  if (version != 1) throw Failure(Kind::failed, where + " was written by a newer pdctl", "use that one");
  const auto address = require(identity::string_member(json, "address", ""), Kind::failed, where);
  return Account{require(identity::Address::parse(address), Kind::failed, where)};
}

Account Home::require_account() const {
  if (auto found = account()) return *std::move(found);
  throw Failure(Kind::failed, "there is no account in " + path_.string(), "register one: pdctl register NAME@DOMAIN");
}

void Home::save_account(const Account& account) const {
  write("account.json", identity::Json{{"v", 1}, {"address", account.address.text()}}.dump(2) + "\n");
}

bool Home::has_identity_key() const {
  return std::filesystem::exists(path_ / "identity.pem");
}

bool Home::identity_key_is_encrypted() const {
  auto text = read("identity.pem");
  if (!text) return false;
  const identity::Secret pem(std::move(*text));
  return identity::pem_is_encrypted(pem.view());
}

identity::PrivateKey Home::identity_key(const AskPassphrase& ask) const {
  return key("identity.pem", ask);
}

identity::PrivateKey Home::device_key() const {
  return key("device.pem", []() -> identity::Secret {
    throw Failure(Kind::failed, "device.pem is encrypted",
                  "pdctl keeps it without a passphrase, so that listen can start");
  });
}

identity::PrivateKey Home::key(std::string_view name, const AskPassphrase& ask) const {
  auto text = read(name);
  if (!text) {
    throw Failure(Kind::failed, "there is no " + std::string(name) + " in " + path_.string(),
                  name == "identity.pem" ? "the identity key is on the machine where the account was registered"
                                         : "register an account, or run pdctl devices request on this machine");
  }
  const identity::Secret pem(std::move(*text));
  return parse_key(pem.view(), name, ask);
}

void Home::write(std::string_view name, std::string_view content) const {
  write_private_file(path_ / name, content);
}

std::optional<std::string> Home::read(std::string_view name) const {
  return read_file(path_ / name, max_file);
}

void Home::remove(std::string_view name) const {
  remove_file(path_ / name);
}

HomeLock Home::lock() const {
  return HomeLock(path_ / "lock", [this](long) {
    return Failure(Kind::failed, "another pdctl is changing the keys in " + path_.string(),
                   "wait until it is done, then run this again");
  });
}

HomeLock Home::lock_listening() const {
  return HomeLock(path_ / "listen.lock", [](long process) {
    return Failure(Kind::failed,
                   "another pdctl listen or agent runs in this home" +
                       (process > 0 ? " (process " + std::to_string(process) + ")" : ""),
                   "talk there, or beside it with pdctl chat ADDRESS; pdctl agent stop ends an agent");
  });
}

HomeLock Home::lock_calls() const {
  return HomeLock(path_ / "calls.lock", [](long process) {
    return Failure(
        Kind::failed,
        "another pdctl of this home has its calls" + (process > 0 ? " (process " + std::to_string(process) + ")" : ""),
        "call from there, or end it; pdctl agent stop ends an agent");
  });
}

}  // namespace pd::directory
