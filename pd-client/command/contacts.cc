#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "command/command.h"
#include "command/describe.h"
#include "directory/pins.h"
#include "directory/trust.h"
#include "identity/text.h"

namespace pd::command {
namespace {

constexpr std::size_t max_name = 64;

int list(Context& context) {
  const auto all = context.pins().contacts();
  const auto account = context.home().account();
  auto listed = identity::Json::array();
  for (const auto& pin : all) {
    if (account && pin.address == account->address) continue;
    const auto trust = directory::text_of(directory::trust_of(pin, pin.identity_key));
    listed.push_back({{"address", pin.address.text()},
                      {"name", pin.name},
                      {"identity_key", pin.identity_key.id()},
                      {"trust", trust},
                      {"first_seen", time_text(pin.first_seen)},
                      {"last_seen", time_text(pin.last_seen)}});
    if (!context.json())
      std::cout << fmt::format("{:<32} {:<9} {} {}\n", pin.address.text(), trust, pin.identity_key.id(), pin.name);
  }
  if (context.json()) print({{"contacts", std::move(listed)}});
  return 0;
}

directory::Failure unknown(const identity::Address& address) {
  return {directory::Kind::nobody, "you have no contact " + address.text(),
          "pdctl contacts list shows whom you have met"};
}

int remove(Context& context, const std::string& text) {
  const auto address = parse_address(text);
  if (!context.pins().forget(address)) throw unknown(address);
  if (context.json()) print({{"removed", address.text()}});
  return 0;
}

// A name is shown on terminals, in lists and in JSON: it must not act, nor look like another.
void check_name(const std::string& name) {
  if (!identity::is_printable(name))
    throw directory::Failure(directory::Kind::usage,
                             "a name is UTF-8 without control or invisible characters, and no space at either end");
  if (name.size() > max_name) throw directory::Failure(directory::Kind::usage, "a name has at most 64 bytes");
}

int rename(Context& context, const std::string& text, const std::string& name) {
  const auto address = parse_address(text);
  check_name(name);
  if (!context.pins().set_name(address, name)) throw unknown(address);
  if (context.json()) print({{"address", address.text()}, {"name", name}});
  return 0;
}

}  // namespace

Run contacts(CLI::App& app) {
  struct Options {
    std::string address;
    std::string name;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(0, 1);
  app.add_subcommand("list", "show everybody (also without a word)");
  auto* removing = app.add_subcommand("remove", "forget somebody, with what was verified");
  removing->add_option("ADDRESS", options->address, "whom")->required();
  auto* naming = app.add_subcommand("name", "give somebody a name of your own");
  naming->add_option("ADDRESS", options->address, "whom")->required();
  naming->add_option("NAME", options->name, "up to 64 bytes; empty takes it away")->required();
  return [=](Context& context) {
    if (removing->parsed()) return remove(context, options->address);
    if (naming->parsed()) return rename(context, options->address, options->name);
    return list(context);
  };
}

}  // namespace pd::command
