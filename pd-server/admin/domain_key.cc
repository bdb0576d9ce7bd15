#include <fmt/format.h>

#include "admin/command_list.h"
#include "admin/program.h"
#include "admin/rotation.h"
#include "store/sqlite/open.h"

namespace pd::admin {
namespace {

using identity::DomainKeys;
using identity::Json;

void say(const Program& program, const DomainKeys& keys) {
  const auto number = keys.records().size();
  program.say(fmt::format("{}  key {} of {}\n", keys.current().id(), number, keys.domain().text()),
              {{"domain", keys.domain().text()},
               {"key", keys.current().jwk()},
               {"key_id", keys.current().id()},
               {"records", keys.records()}});
}

void show(const Program& program) {
  say(program, current_keys(*program.open()));
}

void init(const Program& program) {
  if (!program.domain()) throw Misuse("--domain is missing: whose key it will be");
  store::sqlite::Options options;
  options.domain = program.domain();
  options.create = true;
  const auto store = store::sqlite::open(program.data(), options);
  say(program, make_domain_key(*store, program.data(), program.now()));
}

void rotate(const Program& program) {
  const auto store = program.open();
  const auto keys = rotate_domain_key(*store, program.data(), program.now());
  say(program, keys);
  const auto left = identity::max_domain_keys - keys.records().size();
  if (program.json()) return;
  program.out() << fmt::format(
      "A running server uses it within seconds. Earlier backups hold the earlier key: make a new one now.\n"
      "{} more rotations are possible.\n",
      left);
}

}  // namespace

int domain_key(const Context& context, std::span<const std::string> arguments) {
  Program program(context, "domain-key", "The key that signs for the domain.");
  program.action("show", "The key in force, and with --json the records that lead to it.", [&] { show(program); });
  program.action("init", "Make the data directory and the first key, before the server's first start.",
                 [&] { init(program); });
  program.action("rotate", "Hand over to a new key, signed by the old one.", [&] { rotate(program); });
  return program.run(arguments);
}

}  // namespace pd::admin
