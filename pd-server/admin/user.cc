#include <fmt/format.h>

#include "admin/command_list.h"
#include "admin/program.h"
#include "identity/history.h"

namespace pd::admin {
namespace {

using identity::Address;
using identity::Json;
using store::NameState;

constexpr std::uint32_t page = 500;

std::string_view name_of(NameState state) {
  switch (state) {
    case NameState::free:
      return "free";
    case NameState::taken:
      return "taken";
    case NameState::reserved:
      return "reserved";
    case NameState::tombstoned:
      return "tombstoned";
  }
  return "";
}

Json json_of(const store::UserSummary& user) {
  Json json{{"address", user.address.text()}, {"state", name_of(user.state)}, {"created", timestamp(user.created)}};
  if (!user.head) return json;
  json["seq"] = user.head->seq;
  json["operations"] = user.head->count;
  json["head"] = identity::base64url(user.head->operation);
  return json;
}

std::string line_of(const store::UserSummary& user) {
  return fmt::format("{:<40} {:<10} {:>4}  {}\n", user.address.text(), name_of(user.state),
                     user.head ? std::to_string(user.head->count) : "-", timestamp(user.created));
}

// Page by page, so that a million names need no more memory than a few.
void list(const Program& program, const std::string& state) {
  const auto store = program.open();
  const char* separator = "[\n";
  std::string after;
  for (;;) {
    const auto users = wait(store->users(after, page));
    for (const auto& user : users) {
      if (!state.empty() && state != name_of(user.state)) continue;
      if (program.json())
        program.out() << std::exchange(separator, ",\n") << json_of(user).dump();
      else
        program.out() << line_of(user);
    }
    if (users.size() < page) break;
    after = users.back().address.local();
  }
  if (program.json()) program.out() << (*separator == '[' ? "[]\n" : "\n]\n");
}

Json json_of(const Address& address, const identity::History& history) {
  const auto& state = history.state();
  Json devices = Json::array();
  for (const auto& device : state.devices)
    devices.push_back({{"name", device.name}, {"key", device.key.id()}});
  Json json{{"address", address.text()},
            {"state", "taken"},
            {"ended", history.ended()},
            {"seq", history.head().body().seq},
            {"operations", history.operations().size()},
            {"created", timestamp(history.operations().front().body().time)},
            {"changed", timestamp(history.head().body().time)},
            {"head", identity::base64url(history.head().hash())},
            {"identity_key", state.identity_key.id()},
            {"devices", devices},
            {"recovery_keys", state.recovery_keys.size()}};
  if (const auto& elsewhere = history.head().body().moved_to) json["moved_to"] = elsewhere->text();
  return json;
}

std::string ending_of(const Json& user) {
  if (!user["ended"].get<bool>()) return "";
  return user.contains("moved_to") ? " (moved to " + user["moved_to"].get<std::string>() + ")" : " (revoked)";
}

std::string text_of(const Json& user) {
  std::string text = fmt::format("{}{}\n", user["address"].get<std::string>(), ending_of(user));
  const auto row = [&](const char* label, const std::string& value) {
    text += fmt::format("  {:<14}{}\n", label, value);
  };
  row("created", user["created"].get<std::string>());
  row("changed", user["changed"].get<std::string>());
  row("operations", user["operations"].dump());
  row("head", user["head"].get<std::string>());
  row("identity key", user["identity_key"].get<std::string>());
  for (const auto& device : user["devices"])
    row("device", device["key"].get<std::string>() + "  " + device["name"].get<std::string>());
  row("recovery keys", user["recovery_keys"].dump());
  return text;
}

void show(const Program& program, const std::string& who) {
  const auto store = program.open();
  const Address address = own_address(who, store->domain());
  const auto found = wait(store->find(address));
  if (found.state == NameState::free) throw Problem("nobody has the name " + address.text());
  if (!found.record) {
    program.say(fmt::format("{} is {}\n", address.text(), name_of(found.state)),
                {{"address", address.text()}, {"state", name_of(found.state)}});
    return;
  }
  const auto history = identity::History::replay(found.record->operations);
  if (!history) throw Problem("the stored history does not verify: " + history.error().message, "restore a backup");
  const Json json = json_of(address, *history);
  program.say(text_of(json), json);
}

void remove(const Program& program, const std::string& who, bool sure) {
  const auto store = program.open();
  const Address address = own_address(who, store->domain());
  const auto found = wait(store->find(address));
  if (found.state != NameState::taken)
    throw Problem(found.state == NameState::free
                      ? "nobody has the name " + address.text()
                      : fmt::format("{} is {} already", address.text(), name_of(found.state)),
                  found.state == NameState::free ? "'pd-server user reserve' keeps a name from being registered" : "");
  if (!sure)
    throw Problem("removing " + address.text() + " erases its history, for good; nobody will get the name again",
                  "say --yes if that is meant");
  wait(store->tombstone(address, program.now()));
  program.say(address.text() + " is removed\n", {{"address", address.text()}, {"state", "tombstoned"}});
}

void reserve(const Program& program, const std::vector<std::string>& names) {
  const auto store = program.open();
  Json done = Json::array();
  for (const auto& name : names) {
    const Address address = own_address(name, store->domain());
    if (const auto state = wait(store->reserve(address, program.now())); state != NameState::reserved)
      throw Problem(fmt::format("{} is {}", address.text(), name_of(state)));
    done.push_back(address.text());
    if (!program.json()) program.out() << address.text() << " is reserved\n";
  }
  if (program.json()) program.say("", {{"reserved", done}});
}

void unreserve(const Program& program, const std::vector<std::string>& names) {
  const auto store = program.open();
  Json done = Json::array();
  for (const auto& name : names) {
    const Address address = own_address(name, store->domain());
    if (!wait(store->unreserve(address)))
      throw Problem(address.text() + " is not reserved here",
                    "built-in names and those of the option --reserved are not kept in the data directory");
    done.push_back(address.text());
    if (!program.json()) program.out() << address.text() << " is free\n";
  }
  if (program.json()) program.say("", {{"free", done}});
}

}  // namespace

int user(const Context& context, std::span<const std::string> arguments) {
  Program program(context, "user", "The people and the names of the domain.");
  std::string who;
  std::string state;
  std::vector<std::string> names;
  bool sure = false;

  program.action("list", "Every name that was registered, removed, or reserved here.", [&] { list(program, state); })
      .add_option("--state", state, "Only those: taken, reserved or tombstoned.")
      ->type_name("STATE")
      ->check(CLI::IsMember({"taken", "reserved", "tombstoned"}));
  program.action("show", "What is known of one name.", [&] { show(program, who); })
      .add_option("NAME", who, "A name, with or without @DOMAIN.")
      ->type_name("")
      ->required();
  auto& removal = program.action("remove", "Erase somebody. The name is never handed out again.",
                                 [&] { remove(program, who, sure); });
  removal.add_option("NAME", who, "A name, with or without @DOMAIN.")->type_name("")->required();
  removal.add_flag("--yes", sure, "Without asking.");
  program.action("reserve", "Keep free names from being registered.", [&] { reserve(program, names); })
      .add_option("NAME", names, "Names, with or without @DOMAIN.")
      ->type_name("")
      ->required();
  program.action("unreserve", "Let reserved names be registered.", [&] { unreserve(program, names); })
      .add_option("NAME", names, "Names, with or without @DOMAIN.")
      ->type_name("")
      ->required();
  return program.run(arguments);
}

}  // namespace pd::admin
