#include <fmt/format.h>

#include "admin/command_list.h"
#include "admin/program.h"
#include "config/values.h"
#include "identity/text.h"

namespace pd::admin {
namespace {

using identity::Json;

constexpr std::uint64_t most_uses = 100'000;
constexpr std::uint64_t longest_life = 366 * 86'400;
constexpr std::size_t longest_note = 200;

identity::Seconds life_of(const std::string& text) {
  identity::Seconds life{};
  if (auto done = config::read(text, life, {60, longest_life}); !done)
    throw Misuse("--expires: " + done.error().message);
  return life;
}

std::uint32_t uses_of(const std::string& text) {
  std::uint64_t uses = 0;
  if (auto done = config::read(text, uses, {1, most_uses}); !done) throw Misuse("--uses: " + done.error().message);
  return static_cast<std::uint32_t>(uses);
}

// It will be printed on terminals and in JSON.
void check_note(const std::string& note) {
  if (note.size() > longest_note || !identity::is_printable(note))
    throw Misuse(
        "--note: at most 200 bytes of UTF-8, without control or invisible characters or a space at either end");
}

Json json_of(const store::Invite& invite) {
  Json json{{"id", invite.id},
            {"uses", invite.uses_left},
            {"created", timestamp(invite.created)},
            {"expires", timestamp(invite.expires)},
            {"note", invite.note}};
  if (!invite.code.empty()) json["code"] = invite.code;
  return json;
}

void create(const Program& program, const std::string& admitted, const std::string& life, const std::string& note) {
  const auto uses = uses_of(admitted);
  const auto seconds = life_of(life);
  check_note(note);
  const auto now = program.now();
  const auto store = program.open();
  const auto invite = wait(store->create_invite(uses, now, now + seconds, note));
  program.say(fmt::format("{}\n\nThis code is shown only now. It admits {} {} until {}.\n"
                          "Its owner says: pdctl register NAME@{} --invite {}\n",
                          invite.code, uses, uses == 1 ? "person" : "people", timestamp(invite.expires),
                          store->domain().text(), invite.code),
              json_of(invite));
}

void list(const Program& program) {
  const auto invites = wait(program.open()->invites());
  std::string text;
  Json json = Json::array();
  for (const auto& invite : invites) {
    const char* state = invite.uses_left == 0 ? "spent" : invite.expires <= program.now() ? "expired" : "open";
    text += fmt::format("{}  {:>6} left  until {}  {:<8}{}\n", invite.id, invite.uses_left, timestamp(invite.expires),
                        state, invite.note);
    json.push_back(json_of(invite));
    json.back()["state"] = state;
  }
  program.say(text, json);
}

void revoke(const Program& program, const std::string& id) {
  if (!wait(program.open()->revoke_invite(id)))
    throw Problem("there is no invitation " + id, "'pd-server invite list' shows their ids");
  program.say("invitation " + id + " is revoked\n", {{"revoked", id}});
}

}  // namespace

int invite(const Context& context, std::span<const std::string> arguments) {
  Program program(context, "invite", "Invitations, for a server that runs with --registration invite.");
  std::string uses = "1";
  std::string life = "7d";
  std::string note;
  std::string id;

  auto& creation =
      program.action("create", "Make one, and print its code.", [&] { create(program, uses, life, note); });
  creation.add_option("--uses", uses, "How many people it admits; 1, unless given.")->type_name("COUNT");
  creation.add_option("--expires", life, "How long it is of use: 90s, 5m, 24h, 7d; 7d, unless given.")
      ->type_name("TIME");
  creation.add_option("--note", note, "For whom it is; shown in the list.")->type_name("TEXT");
  program.action("list", "Every invitation, without its code.", [&] { list(program); });
  program.action("revoke", "Make one worthless.", [&] { revoke(program, id); })
      .add_option("ID", id, "As in the list.")
      ->type_name("")
      ->required();
  return program.run(arguments);
}

}  // namespace pd::admin
