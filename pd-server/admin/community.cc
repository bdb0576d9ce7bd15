#include "federation/community.h"

#include <sstream>

#include <fmt/format.h>

#include "admin/command_list.h"
#include "admin/program.h"
#include "config/values.h"
#include "identity/secret.h"
#include "ops/file.h"

namespace pd::admin {
namespace {

using federation::CommunityBody;
using federation::CommunityList;
using identity::Domain;
using identity::Json;
using identity::PrivateKey;

constexpr std::size_t longest_file = 1 << 20;

void make_key(const Program& program, const std::string& file) {
  const auto key = PrivateKey::generate();
  ops::create_durably(file, identity::Secret(key.pem()).view());
  program.say(key.public_key().id() + "\n", {{"file", file}, {"key_id", key.public_key().id()}});
}

// One domain a line; what follows # is a comment.
std::vector<Domain> domains_in(const std::string& file) {
  std::istringstream lines(ops::read_bounded(file, longest_file));
  std::vector<Domain> domains;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    if (!(words >> word)) continue;
    auto domain = Domain::parse(word);
    if (!domain || words >> word) throw Problem(fmt::format("{}, line {}: one domain is expected", file, number));
    domains.push_back(*std::move(domain));
  }
  return domains;
}

struct Signing {
  std::string file;
  std::string key;
  std::string issuer;
  std::string life = "30d";
};

void sign(const Program& program, const Signing& signing) {
  const auto issuer = Domain::parse(signing.issuer);
  if (!issuer) throw Misuse("--issuer: " + issuer.error().message);
  identity::Seconds life{};
  const config::Range range{3'600, static_cast<std::uint64_t>(federation::max_community_life.count())};
  if (auto done = config::read(signing.life, life, range); !done) throw Misuse("--expires: " + done.error().message);
  const identity::Secret pem(ops::read_bounded(signing.key, longest_file));
  const auto key = PrivateKey::from_pem(pem.view());
  if (!key) throw Problem(signing.key + ": " + key.error().message);
  const auto now = program.now();
  // The time in seconds grows from list to list, without anything to remember (COM-2).
  const auto seq = static_cast<std::uint64_t>(now.time_since_epoch().count());
  const auto list = CommunityList::sign({*issuer, seq, now, now + life, domains_in(signing.file)}, *key);
  if (!list) throw Problem(list.error().message);
  program.say(list->text() + "\n", {{"list", list->text()},
                                    {"key_id", key->public_key().id()},
                                    {"domains", list->body().domains.size()},
                                    {"expires", timestamp(now + life)}});
}

}  // namespace

int community(const Context& context, std::span<const std::string> arguments) {
  Program program(context, "community", "The signed list of a community's domains, for those who keep one.");
  std::string key_file;
  Signing signing;
  program
      .action("key", "Make the key that signs it, and print the id that policies name.",
              [&] { make_key(program, key_file); })
      .add_option("FILE", key_file, "It must not be there yet.")
      ->type_name("")
      ->required();
  auto& signs = program.action("sign", "Print the signed list, to be served at the URL that policies name.",
                               [&] { sign(program, signing); });
  signs.add_option("FILE", signing.file, "The domains, one a line.")->type_name("")->required();
  signs.add_option("--key", signing.key, "The private key, PEM.")->type_name("FILE")->required();
  signs.add_option("--issuer", signing.issuer, "The host in that URL.")->type_name("DOMAIN")->required();
  signs.add_option("--expires", signing.life, "How long it counts: at most 90d; 30d, unless given.")->type_name("TIME");
  return program.run(arguments);
}

}  // namespace pd::admin
