#include "command/context.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "command/terminal.h"
#include "directory/certificate.h"
#include "directory/file.h"
#include "terminal/tty.h"

namespace pd::command {
namespace {

constexpr std::size_t max_passphrase_file = 4096;
constexpr std::string_view passphrase_option = "--passphrase-file FILE";

std::optional<std::filesystem::path> passphrase_path(const Globals& globals) {
  if (globals.passphrase_file) return globals.passphrase_file;
  const char* value = std::getenv("PD_PASSPHRASE_FILE");
  if (value == nullptr || *value == '\0') return {};
  return value;
}

directory::TransportOptions transport_options(const Globals& globals) {
  directory::TransportOptions options;
  if (globals.ca_file) directory::require_certificates(*globals.ca_file);
  options.ca_file = globals.ca_file;
  for (const auto& text : globals.resolve)
    options.overrides.push_back(directory::Override::parse(text));
  return options;
}

}  // namespace

Context::Context(Globals globals) : globals_(std::move(globals)), clock_(directory::system_clock()) {}

const directory::Home& Context::home() {
  if (!home_) home_.emplace(globals_.home ? *globals_.home : directory::Home::default_path());
  return *home_;
}

directory::Pins& Context::pins() {
  if (!pins_) pins_.emplace(home().path() / "contacts.db");
  return *pins_;
}

directory::Contacts& Context::contacts() {
  if (!contacts_) contacts_.emplace(home().path() / "contacts.db");
  return *contacts_;
}

const directory::Transport& Context::transport() {
  if (!transport_) transport_.emplace(transport_options(globals_));
  return *transport_;
}

const directory::Lookup& Context::lookup() {
  if (!lookup_) {
    std::optional<identity::Domain> own;
    std::optional<identity::Address> owner;
    if (const auto account = home().account()) {
      owner = account->address;
      own = owner->domain();
    }
    lookup_.emplace(transport(), pins(), std::move(own), clock_, std::move(owner));
  }
  return *lookup_;
}

std::optional<identity::Secret> Context::given_passphrase() const {
  const auto file = passphrase_path(globals_);
  if (!file) return {};
  auto text = directory::read_file(*file, max_passphrase_file);
  if (!text) throw directory::Failure(directory::Kind::usage, "there is no file " + file->string());
  identity::Secret passphrase(std::move(*text));
  passphrase.truncate(std::min(passphrase.view().find_first_of("\r\n"), passphrase.size()));
  return passphrase;
}

directory::AskPassphrase Context::ask_passphrase() const {
  // Asked at most once a command, however many keys it opens.
  auto known = std::make_shared<std::optional<identity::Secret>>(given_passphrase());
  return [known] {
    if (!*known) *known = ask_secret("Passphrase of your identity key: ", passphrase_option);
    return (*known)->copy();
  };
}

directory::Pending::Passphrases Context::passphrases() const {
  return {[this] { return new_passphrase(); }, ask_passphrase()};
}

identity::Secret Context::new_passphrase() const {
  if (auto given = given_passphrase()) return *std::move(given);
  if (!terminal::is_terminal(terminal::Stream::input)) return {};
  return ask_new_secret("Passphrase for your identity key (empty: none): ", passphrase_option);
}

identity::Address parse_address(const std::string& text) {
  auto address = identity::Address::parse(text);
  if (address) return *std::move(address);
  throw directory::Failure(directory::Kind::usage,
                           "\"" + text + "\" is no address: " + directory::describe(address.error()),
                           "an address looks like olivier@example.org");
}

std::string machine_name() {
  std::array<char, 65> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "device";
  std::string label(name.data());
  label.resize(std::min(label.find('.'), label.size()));
  return label.empty() ? "device" : label;
}

void print(const identity::Json& object) {
  std::cout << object.dump() << '\n';
}

}  // namespace pd::command
