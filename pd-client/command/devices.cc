#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

#include "command/command.h"
#include "command/own.h"
#include "directory/file.h"
#include "directory/owner.h"
#include "directory/pending.h"

namespace pd::command {
namespace {

using directory::Failure;
using directory::Kind;

constexpr std::size_t max_key_file = 4096;

void show(const Context& context, const directory::VerifiedPeer& self, const std::string& this_device) {
  auto list = identity::Json::array();
  for (const auto& device : self.state().devices) {
    const bool here = device.key.id() == this_device;
    list.push_back({{"name", device.name}, {"key", device.key.id()}, {"this_device", here}});
    if (!context.json())
      std::cout << fmt::format("{}  {}{}\n", device.key.id(), device.name, here ? "  (this one)" : "");
  }
  if (context.json()) print({{"address", self.address().text()}, {"devices", std::move(list)}});
}

std::string own_device(Context& context) {
  return context.home().device_key().public_key().id();
}

int list_devices(Context& context) {
  show(context, context.lookup().require(context.home().require_account().address), own_device(context));
  return 0;
}

// Lets the owner's list of devices be changed, signs the result with the identity key, and sends it.
template <class Change>
int change(Context& context, Change edit) {
  const auto own = open_own(context);
  const auto& history = own.current.identity().history();
  auto body = directory::following(history, history.head(), identity::OperationKind::update, context.now());
  edit(body.state.devices);
  const auto key = context.home().identity_key(context.ask_passphrase());
  const auto changed = directory::submit(context.lookup(), body, key, directory::SignedBy::identity_key);
  show(context, changed, own_device(context));
  return 0;
}

identity::PublicKey read_public_key(const std::string& file) {
  std::optional<std::string> text;
  if (file == "-") {
    std::string line;
    std::getline(std::cin, line);
    text = line.substr(0, max_key_file);
  } else {
    text = directory::read_file(file, max_key_file);
  }
  if (!text) throw Failure(Kind::usage, "there is no file " + file);
  const std::string context = "no device key in " + file;
  return directory::require(
      identity::PublicKey::from_jwk(directory::require(identity::parse_object(*text), Kind::usage, context)),
      Kind::usage, context);
}

int add(Context& context, const std::string& name, const std::string& file) {
  const auto key = read_public_key(file);
  return change(context, [&](std::vector<identity::Device>& devices) {
    for (const auto& device : devices) {
      if (device.key == key) throw Failure(Kind::failed, "that device is there already, as " + device.name);
      if (device.name == name) throw Failure(Kind::failed, "there is a device of that name", "choose another name");
    }
    devices.push_back({name, key});
  });
}

int remove_device(Context& context, const std::string& name) {
  return change(context, [&](std::vector<identity::Device>& devices) {
    const auto gone = std::erase_if(devices, [&](const identity::Device& device) { return device.name == name; });
    if (gone == 0) throw Failure(Kind::nobody, "you have no device of that name", "pdctl devices list shows them");
  });
}

// On the machine that is to be added: makes its key, and prints the line that the first machine wants.
int request(Context& context, const std::string& text) {
  const auto address = parse_address(text);
  const auto& home = context.home();
  const auto lock = home.lock();
  const auto account = home.account();
  if (account && account->address != address)
    throw Failure(Kind::failed, "this home is already that of " + account->address.text(),
                  "use another one: --home DIR");
  if (const auto begun = directory::Pending::load(home)) throw begun->unfinished();
  if (!home.read("device.pem")) {
    const identity::Secret pem(identity::PrivateKey::generate().pem());
    home.write("device.pem", pem.view());
  }
  if (!account) home.save_account({address});
  std::cout << home.device_key().public_key().jwk().dump() << "\n";
  std::cerr << "Bring this line to the machine with the identity key, then there: pdctl devices add NAME FILE\n";
  return 0;
}

}  // namespace

Run devices(CLI::App& app) {
  struct Options {
    std::string name;
    std::string file;
    std::string address;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(0, 1);
  app.add_subcommand("list", "show your devices (also without a word)");
  auto* adding = app.add_subcommand("add", "let another machine speak for you");
  adding->add_option("NAME", options->name, "what to call it")->required();
  adding->add_option("KEYFILE", options->file, "what `pdctl devices request` printed there; - for standard input")
      ->required();
  auto* removing = app.add_subcommand("remove", "take that right away from a machine");
  removing->add_option("NAME", options->name, "which")->required();
  auto* requesting = app.add_subcommand("request", "on a new machine: make its key and print it");
  requesting->add_option("ADDRESS", options->address, "your address")->required();
  return [=](Context& context) {
    if (adding->parsed()) return add(context, options->name, options->file);
    if (removing->parsed()) return remove_device(context, options->name);
    if (requesting->parsed()) return request(context, options->address);
    return list_devices(context);
  };
}

}  // namespace pd::command
