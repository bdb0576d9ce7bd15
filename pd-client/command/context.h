#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "directory/contacts.h"
#include "directory/failure.h"
#include "directory/home.h"
#include "directory/lookup.h"
#include "directory/pending.h"
#include "directory/pins.h"
#include "directory/transport.h"
#include "identity/address.h"
#include "identity/json.h"
#include "identity/secret.h"

namespace pd::command {

// The options that every command takes, before or after its name.
struct Globals {
  std::optional<std::filesystem::path> home;
  std::optional<std::filesystem::path> ca_file;
  std::optional<std::filesystem::path> passphrase_file;
  std::vector<std::string> resolve;
  bool json = false;
};

// What a command works with. Each part is made when it is first asked for, so that `completion` touches no disk.
class Context {
 public:
  explicit Context(Globals globals);

  const Globals& globals() const { return globals_; }
  bool json() const { return globals_.json; }
  const directory::Home& home();
  directory::Pins& pins();
  directory::Contacts& contacts();
  const directory::Transport& transport();
  const directory::Lookup& lookup();  // through the account's own server, if there is an account
  directory::Clock clock() const { return clock_; }
  identity::Time now() const { return clock_(); }

  // The passphrase of the identity key: from --passphrase-file, $PD_PASSPHRASE_FILE, or asked on the terminal.
  directory::AskPassphrase ask_passphrase() const;
  // For keys that are made or taken up again. That of a new one is empty (no encryption) where nobody can be asked.
  directory::Pending::Passphrases passphrases() const;

 private:
  identity::Secret new_passphrase() const;
  std::optional<identity::Secret> given_passphrase() const;

  Globals globals_;
  directory::Clock clock_;
  std::optional<directory::Home> home_;
  std::optional<directory::Pins> pins_;
  std::optional<directory::Contacts> contacts_;
  std::optional<directory::Transport> transport_;
  std::optional<directory::Lookup> lookup_;
};

// NAME@DOMAIN from the command line. Throws Failure (usage).
identity::Address parse_address(const std::string& text);

// The first label of the host name: what a device is called when nobody says otherwise.
std::string machine_name();

// Prints the one JSON object of a --json command on standard output.
void print(const identity::Json& object);

}  // namespace pd::command
