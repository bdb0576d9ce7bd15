#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "command/command.h"
#include "command/describe.h"
#include "directory/pins.h"

namespace pd::command {
namespace {

int list_trusted(Context& context) {
  auto domains = identity::Json::array();
  auto people = identity::Json::array();
  for (const auto& pin : context.pins().domains()) {
    const auto& keys = pin.descriptor.keys();
    domains.push_back({{"domain", keys.domain().text()},
                       {"key", keys.current().id()},
                       {"confirmed", pin.confirmed},
                       {"first_seen", time_text(pin.first_seen)}});
    if (!context.json())
      std::cout << fmt::format("{:<32} {}{}\n", keys.domain().text(), keys.current().id(),
                               pin.confirmed ? "" : "  not confirmed");
  }
  for (const auto& pin : context.pins().contacts()) {
    people.push_back({{"address", pin.address.text()},
                      {"identity_key", pin.identity_key.id()},
                      {"first_operation", identity::base64url(pin.pin.genesis)},
                      {"head", identity::base64url(pin.pin.head)},
                      {"first_seen", time_text(pin.first_seen)}});
    if (!context.json()) std::cout << fmt::format("{:<32} {}\n", pin.address.text(), pin.identity_key.id());
  }
  if (context.json()) print({{"domains", std::move(domains)}, {"people", std::move(people)}});
  return 0;
}

int reset(Context& context, const std::string& text) {
  bool known = false;
  if (text.find('@') != std::string::npos) {
    known = context.pins().forget(parse_address(text));
  } else {
    known = context.pins().forget(
        directory::require(identity::Domain::parse(text), directory::Kind::usage, "\"" + text + "\""));
  }
  if (!known)
    throw directory::Failure(directory::Kind::nobody, "nothing is remembered of " + text,
                             "pdctl trust list shows what is");
  if (context.json()) {
    print({{"reset", text}});
  } else {
    std::cout << text << " is forgotten: what the directory says next is believed, and remembered\n";
  }
  return 0;
}

}  // namespace

Run trust(CLI::App& app) {
  auto what = std::make_shared<std::string>();
  app.require_subcommand(0, 1);
  app.add_subcommand("list", "show the keys that are remembered (also without a word)");
  auto* resetting = app.add_subcommand("reset", "forget a person or a domain, after checking in another way");
  resetting->add_option("ADDRESS|DOMAIN", *what, "whom")->required();
  return [=](Context& context) { return resetting->parsed() ? reset(context, *what) : list_trusted(context); };
}

}  // namespace pd::command
