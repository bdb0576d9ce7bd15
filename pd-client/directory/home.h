#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "directory/failure.h"
#include "identity/address.h"
#include "identity/key.h"
#include "identity/secret.h"

namespace pd::directory {

// Who the owner of a home directory is.
struct Account {
  identity::Address address;
};

// Called when a key turns out to be encrypted. May throw Failure (no terminal, nobody answered).
using AskPassphrase = std::function<identity::Secret()>;

// Keeps two processes from doing the same in one home at once. Held until destroyed.
class HomeLock {
 public:
  // What to say when another process holds it, and has this number (0: it cannot be read).
  using Busy = std::function<Failure(long process)>;
  HomeLock(const std::filesystem::path& file, const Busy& busy);  // throws what `busy` makes
  ~HomeLock();
  HomeLock(HomeLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  HomeLock& operator=(HomeLock&&) = delete;

 private:
  int file_;
};

// The directory where pdctl keeps what belongs to one person on one machine, mode 0700:
//
//   account.json   {"v":1,"address":"olivier@example.org"}: there once the account is registered
//   identity.pem   the identity key, PKCS#8, encrypted if the owner chose a passphrase; not on a second device
//   device.pem     this machine's device key, never encrypted: `listen` starts with nobody at the keyboard
//   pending/       keys and intent of a change that the server has not acknowledged yet
//   contacts.db    what is remembered of others (Pins), and who is let in (Contacts)
//   history.db     messages (session)
//   files.db       which files were accepted and have not all come (files)
//   lock           held while keys change, with the number of the process
//   listen.lock    the same while `listen` or the agent runs: each would publish its endpoint in place of the other's
//   calls.lock     held by the process that has this device's stream of events
//   last-event     the id of the last event that it has brought
//   agent.sock     where the agent takes the owner's other programs (agent)
//   agent.log      what it says of itself when it runs in the background, at most twice 512 KiB
//
// Files are 0600 and replaced as a whole. Every function throws Failure when the disk says no.
class Home {
 public:
  // $PD_HOME, else $XDG_DATA_HOME/pd, else ~/.local/share/pd.
  static std::filesystem::path default_path();

  // Makes the directory when it is missing. Refuses one that others may read.
  explicit Home(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }

  std::optional<Account> account() const;
  // The account, or Failure with the hint to register.
  Account require_account() const;
  void save_account(const Account& account) const;

  bool has_identity_key() const;
  bool identity_key_is_encrypted() const;  // false when there is none
  identity::PrivateKey identity_key(const AskPassphrase& ask) const;
  identity::PrivateKey device_key() const;
  // A key by the name of its file.
  identity::PrivateKey key(std::string_view name, const AskPassphrase& ask) const;

  // Replaces a file of the home: whole and durable, or not at all.
  void write(std::string_view name, std::string_view content) const;
  // The content of a file of at most 64 KiB, or nothing when it is missing.
  std::optional<std::string> read(std::string_view name) const;
  void remove(std::string_view name) const;

  HomeLock lock() const;
  HomeLock lock_listening() const;
  HomeLock lock_calls() const;

 private:
  std::filesystem::path path_;
};

}  // namespace pd::directory
