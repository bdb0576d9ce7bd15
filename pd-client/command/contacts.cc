#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "command/command.h"
#include "command/describe.h"
#include "command/who_is_here.h"
#include "directory/contacts.h"
#include "directory/pins.h"
#include "directory/trust.h"
#include "identity/text.h"

namespace pd::command {
namespace {

using directory::Decision;

constexpr std::size_t max_name = 64;

std::string_view decision_text(Decision decision) {
  switch (decision) {
    case Decision::accepted:
      return "accepted";
    case Decision::declined:
      return "declined";
    case Decision::blocked:
      return "blocked";
    case Decision::none:
      break;
  }
  return "";
}

std::string_view or_dash(std::string_view text) {
  return text.empty() ? "-" : text;
}

int list_contacts(Context& context, bool with_here) {
  const auto here = with_here ? who_is_here(context) : std::set<std::string>();
  const auto all = context.pins().contacts();
  const auto account = context.home().account();
  auto listed = identity::Json::array();
  for (const auto& pin : all) {
    if (account && pin.address == account->address) continue;
    const auto trust = directory::text_of(directory::trust_of(pin, pin.identity_key));
    const auto decision = decision_text(context.contacts().decision(pin.address, context.now()));
    const bool is_here = here.contains(pin.address.text());
    listed.push_back({{"address", pin.address.text()},
                      {"name", pin.name},
                      {"identity_key", pin.identity_key.id()},
                      {"trust", trust},
                      {"first_seen", time_text(pin.first_seen)},
                      {"last_seen", time_text(pin.last_seen)},
                      {"decision", decision}});
    if (with_here) listed.back()["here"] = is_here;
    if (!context.json())
      std::cout << fmt::format("{:<32} {:<9} {:<8} {}{} {}\n", pin.address.text(), trust, or_dash(decision),
                               !with_here ? ""
                               : is_here  ? "here "
                                          : "-    ",
                               pin.identity_key.id(), pin.name);
  }
  if (context.json()) print({{"contacts", std::move(listed)}});
  return 0;
}

directory::Failure unknown(const identity::Address& address) {
  return {directory::Kind::nobody, "you have no contact " + address.text(),
          "pdctl contacts list shows whom you have met"};
}

int remove_contact(Context& context, const std::string& text) {
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

int requests(Context& context) {
  auto listed = identity::Json::array();
  for (const auto& request : context.contacts().requests(context.now())) {
    listed.push_back({{"address", request.address.text()},
                      {"identity_key", request.identity_key.id()},
                      {"confirmed", request.confirmed},
                      {"first_asked", time_text(request.first_asked)},
                      {"last_asked", time_text(request.last_asked)},
                      {"times", request.times}});
    if (!context.json())
      std::cout << fmt::format("{:<32} {} {} {}{}\n", request.address.text(), request.identity_key.id(),
                               time_text(request.last_asked), request.times, request.confirmed ? "" : " unconfirmed");
  }
  if (context.json()) print({{"requests", std::move(listed)}});
  return 0;
}

// What the owner says of an address that need not be known.
int decide(Context& context, const std::string& text, Decision decision) {
  const auto address = parse_address(text);
  context.contacts().decide(address, decision, context.now());
  if (context.json()) print({{std::string(decision_text(decision)), address.text()}});
  return 0;
}

int decline(Context& context, const std::string& text) {
  const auto address = parse_address(text);
  if (!context.contacts().has_request(address, context.now()))
    throw directory::Failure(directory::Kind::nobody, address.text() + " has not asked to talk to you",
                             "pdctl contacts requests shows who has");
  return decide(context, text, Decision::declined);
}

int unblock(Context& context, const std::string& text) {
  const auto address = parse_address(text);
  if (context.contacts().decision(address, context.now()) != Decision::blocked)
    throw directory::Failure(directory::Kind::nobody, address.text() + " is not blocked",
                             "pdctl contacts block shows who is");
  context.contacts().decide(address, Decision::none, context.now());
  if (context.json()) print({{"unblocked", address.text()}});
  return 0;
}

int block_list(Context& context) {
  auto listed = identity::Json::array();
  for (const auto& address : context.contacts().blocked()) {
    listed.push_back(address.text());
    if (!context.json()) std::cout << address.text() << '\n';
  }
  if (context.json()) print({{"block_list", std::move(listed)}});
  return 0;
}

int policy(Context& context, const std::string& word) {
  if (!word.empty()) context.contacts().set_policy(*directory::parse_contact_policy(word));
  const auto policy = directory::text_of(context.contacts().policy());
  if (context.json())
    print({{"policy", policy}});
  else if (word.empty())
    std::cout << policy << '\n';
  return 0;
}

struct ContactsOptions {
  std::string address;
  std::string name;
  std::string policy;
  bool here = false;
};

CLI::App* about_somebody(CLI::App& app, ContactsOptions& options, const char* name, const char* help) {
  auto* command = app.add_subcommand(name, help);
  command->add_option("ADDRESS", options.address, "whom")->required();
  return command;
}

}  // namespace

Run contacts(CLI::App& app) {
  auto options = std::make_shared<ContactsOptions>();
  app.require_subcommand(0, 1);
  auto* listing = app.add_subcommand("list", "show everybody (also without a word)");
  listing->add_flag("--here", options->here, "ask your contacts whether they are there, and show who says so");
  auto* removing = about_somebody(app, *options, "remove", "forget somebody, with what was verified");
  auto* naming = about_somebody(app, *options, "name", "give somebody a name of your own");
  naming->add_option("NAME", options->name, "up to 64 bytes; empty takes it away")->required();
  auto* asking = app.add_subcommand("requests", "show the strangers who would like to talk to you");
  auto* accepting = about_somebody(app, *options, "accept", "let somebody in from now on, asked or not");
  auto* declining = about_somebody(app, *options, "decline", "do not let in who asked, nor be asked for 30 days");
  auto* blocking = app.add_subcommand("block", "never let somebody in; without an address show who is blocked");
  blocking->add_option("ADDRESS", options->address, "whom");
  auto* unblocking = about_somebody(app, *options, "unblock", "take a block back");
  auto* policing = app.add_subcommand("policy", "show or set who may reach you");
  policing->add_option("POLICY", options->policy, "contacts, ask (strangers have to be accepted) or anyone")
      ->check(CLI::IsMember({"contacts", "ask", "anyone"}));
  return [=](Context& context) {
    if (removing->parsed()) return remove_contact(context, options->address);
    if (naming->parsed()) return rename(context, options->address, options->name);
    if (asking->parsed()) return requests(context);
    if (accepting->parsed()) return decide(context, options->address, Decision::accepted);
    if (declining->parsed()) return decline(context, options->address);
    if (blocking->parsed())
      return options->address.empty() ? block_list(context) : decide(context, options->address, Decision::blocked);
    if (unblocking->parsed()) return unblock(context, options->address);
    if (policing->parsed()) return policy(context, options->policy);
    return list_contacts(context, options->here);
  };
}

}  // namespace pd::command
