#include "support/world.h"

#include "identity/sample.h"
#include "store/sqlite/open.h"

namespace pd::federation::testing {

namespace sample = identity::sample;

std::string name_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::refused_by_policy:
      return "refused by policy";
    case Trouble::refused_by_remote:
      return "refused by remote";
    case Trouble::unreachable:
      return "unreachable";
    case Trouble::busy:
      return "busy";
    case Trouble::forbidden_address:
      return "forbidden address";
    case Trouble::lying:
      return "lying";
    case Trouble::key_changed:
      return "key changed";
  }
  return "?";
}

World::World()
    : log(ops::LogFormat::text, ops::Level::error),
      store(store::sqlite::open(data.path(), {.domain = sample::domain("example.org"), .create = true})),
      settings{.own = sample::domain("example.org")} {
  settings.ca_file = authority.file();
}

World::~World() {
  if (federation) federation->stop();
  gateway.open();
}

identity::Time World::now() const {
  return sample::at(*seconds_);
}

FakeDomain& World::neighbour(const std::string& name) {
  neighbours.push_back(std::make_unique<FakeDomain>(authority, name, [this] { return now(); }));
  auto& made = *neighbours.back();
  settings.resolve.push_back({made.domain, 443, "127.0.0.1", made.server.port()});
  return made;
}

void World::start() {
  const auto key = std::make_shared<const identity::PrivateKey>(sample::key("example.org's domain key"));
  federation = make_federation(
      settings, {*store, log, metrics, [seconds = seconds_] { return sample::at(*seconds); }, [key] { return key; }});
}

Trouble World::trouble(const identity::Address& address) {
  try {
    resolve(address);
  } catch (const RemoteError& error) {
    return error.trouble();
  }
  ADD_FAILURE() << address.text() << " was resolved";
  return Trouble::unreachable;
}

std::string World::outcome(const identity::Address& address) {
  try {
    const auto answer = resolve(address);
    const auto* person = std::get_if<identity::VerifiedIdentity>(&answer->verified);
    const auto who = person != nullptr ? std::to_string(person->history().operations().size()) : "nobody";
    return who + (answer->stale ? " stale" : "");
  } catch (const RemoteError& error) {
    return name_of(error.trouble());
  }
}

std::string World::refusal(const identity::Address& address) {
  try {
    resolve(address);
  } catch (const RemoteError& error) {
    return name_of(error.trouble()) + " " + error.rule();
  }
  return "resolved";
}

}  // namespace pd::federation::testing
