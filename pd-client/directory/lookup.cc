#include "directory/lookup.h"

#include <variant>

namespace pd::directory {

struct Lookup::TrustedDomain {
  identity::DomainKeys keys;
  bool confirmed;
};

namespace {

Failure domain_changed(const identity::Domain& domain, const identity::Descriptor& pinned,
                       const identity::Descriptor& now) {
  return {Kind::unverified,
          "the key of " + domain.text() + " has changed, and the old key did not sign the change\n  was " +
              pinned.keys().current().id() + "\n  now " + now.keys().current().id(),
          "somebody may be pretending to be " + domain.text() +
              "; ask whoever runs it, and only if the new key is right: pdctl trust reset " + domain.text()};
}

Failure person_changed(const ContactPin& pin, const identity::VerifiedIdentity& now, const identity::Error& error) {
  const std::string who = pin.address.text();
  const bool other = error.reason == identity::Reason::wrong_key;
  const std::string what = other ? who + " is somebody else now: the history of that name begins differently"
                                 : "the directory gives an older or another history of " + who + " than before";
  return {
      Kind::unverified,
      what + " (" + error.rule + ")\n  identity key was " + pin.identity_key.id() + "\n  identity key now " +
          now.state().identity_key.id(),
      "do not go on before you have spoken to them in another way; only if the new key is right: pdctl trust reset " +
          who};
}

Failure person_denied(const ContactPin& pin, const identity::Result<void>& checked) {
  const std::string who = pin.address.text();
  return {Kind::unverified,
          who + " was there before and is denied now" + (checked ? "" : ": " + describe(checked.error())) +
              "\n  identity key was " + pin.identity_key.id(),
          "ask them, or whoever runs " + pin.address.domain().text() +
              ", what happened; to forget them: pdctl trust reset " + who};
}

// Anybody can say 404; the true answer is a signed absence (API-10). A pin makes it worse, not another thing.
Failure absence_unproven(const identity::Domain& server, const identity::Address& about, bool pinned) {
  return {Kind::unverified,
          server.text() + " says that nobody has the name " + about.text() +
              ", but proves nothing: there is no signed statement (RES-3)" +
              (pinned ? "; they were there before (PIN-3)" : ""),
          "nothing of it was believed; whoever runs " + server.text() + " should know"};
}

// Of an absence that was verified.
bool says_removed(const identity::Resolution& absence) {
  const auto statement = identity::Statement::parse(absence.statement);
  return statement && statement->body().removed;
}

Trust trust_of(const std::optional<ContactPin>& pin, const identity::PublicKey& key) {
  if (!pin || !pin->verified_key) return Trust::seen;
  return *pin->verified_key == key ? Trust::verified : Trust::rekeyed;
}

}  // namespace

Lookup::Lookup(const Transport& transport, Pins& pins, std::optional<identity::Domain> own_domain, Clock clock)
    : transport_(transport), pins_(pins), own_domain_(std::move(own_domain)), clock_(std::move(clock)) {}

std::optional<VerifiedPeer> Lookup::find(const identity::Address& address) const {
  return accept(ask(own_domain_.value_or(address.domain()), address), address);
}

VerifiedPeer Lookup::require(const identity::Address& address) const {
  const auto resolution = ask(own_domain_.value_or(address.domain()), address);
  if (auto peer = accept(resolution, address)) return *std::move(peer);
  if (says_removed(resolution)) {
    throw Failure(Kind::nobody, address.text() + " was removed by " + address.domain().text() + ", which signed it",
                  "the name is given to nobody again; ask them, in another way, for their new address");
  }
  throw Failure(Kind::nobody,
                "there is no " + address.text() + ": " + address.domain().text() + " says so and signed it",
                "check the spelling");
}

std::optional<VerifiedPeer> Lookup::accept(const identity::Resolution& resolution,
                                           const identity::Address& about) const {
  const auto domain = trusted(about.domain(), resolution.domain);
  auto verified = directory::require(identity::verify_resolution(resolution, about, domain.keys, now()),
                                     Kind::unverified, "the answer about " + about.text() + " does not verify");
  const auto pin = pins_.contact(about);
  if (const auto* absence = std::get_if<identity::VerifiedAbsence>(&verified)) {
    const auto fits = pin ? identity::check_pin(pin->pin, *absence) : identity::Result<void>();
    if (!fits) throw person_denied(*pin, fits);
    return {};
  }
  auto& identity = std::get<identity::VerifiedIdentity>(verified);
  if (auto same = pins_.see(identity, now()); !same)
    throw person_changed(*pins_.contact(about), identity, same.error());
  const auto trust = trust_of(pin, identity.state().identity_key);
  return VerifiedPeer(std::move(identity), domain.confirmed, resolution.stale, trust, pin ? pin->name : std::string());
}

// Whose word counts for a domain: the pinned keys, or their signed continuation. A domain that was never seen for
// itself is asked directly, so that our own server cannot name a false key; while it cannot be reached, its key is
// unconfirmed.
Lookup::TrustedDomain Lookup::trusted(const identity::Domain& domain, const identity::Json& passed_on) const {
  auto offered = identity::Descriptor::from_json(domain, passed_on);
  const auto pin = pins_.domain(domain);
  if (pin && pin->confirmed) {
    if (!offered) return {pin->descriptor.keys(), true};
    const auto kept = keep(*offered, false);  // not seen at the domain: were it forgotten meanwhile, it is unconfirmed
    return {kept.descriptor.keys(), kept.confirmed};
  }
  try {
    return {fetched(domain).descriptor.keys(), true};
  } catch (const Failure& failure) {
    if (failure.kind() != Kind::unreachable) throw;
  }
  const std::string context = "what is passed on about " + domain.text() + " does not verify";
  const auto unconfirmed = directory::require(std::move(offered), Kind::unverified, context);
  directory::require(unconfirmed.check_time(now()), Kind::unverified, context);
  const auto kept = keep(unconfirmed, false);
  return {kept.descriptor.keys(), kept.confirmed};
}

// Remembers a descriptor, and returns what is remembered of its domain now: something newer, perhaps.
DomainPin Lookup::keep(const identity::Descriptor& descriptor, bool confirmed) const {
  auto kept = pins_.keep(descriptor, confirmed, now());
  if (kept) return *std::move(kept);
  const auto& domain = descriptor.body().domain;
  const auto pinned = pins_.domain(domain);
  if (pinned) throw domain_changed(domain, pinned->descriptor, descriptor);
  throw Failure(Kind::unverified, "the descriptor of " + domain.text() + ": " + describe(kept.error()));
}

DomainPin Lookup::fetched(const identity::Domain& domain) const {
  const auto found = fetch_descriptor(transport_, domain, now());
  auto kept = keep(found.descriptor, true);
  pins_.set_service(domain, found.service);
  kept.service = found.service;
  return kept;
}

Client Lookup::client_of(const identity::Domain& domain) const {
  auto pin = pins_.domain(domain);
  if (!pin || !pin->descriptor.check_time(now())) pin = fetched(domain);
  auto api = Origin::parse(pin->descriptor.body().api);
  const bool at_domain = api.host == domain.text() && api.port == 443;  // FED-5
  return {transport_, std::move(api), at_domain ? pin->service : std::nullopt, clock_};
}

// Asks; when nobody is where the descriptor at hand says, looks once whether the server has gone elsewhere.
identity::Resolution Lookup::ask(const identity::Domain& server, const identity::Address& address) const {
  try {
    return answer_of(server, address);
  } catch (const Problem&) {
    throw;
  } catch (const Failure& failure) {
    if (failure.kind() != Kind::unreachable || !has_moved(server)) throw;
  }
  return answer_of(server, address);
}

identity::Resolution Lookup::answer_of(const identity::Domain& server, const identity::Address& address) const {
  try {
    return client_of(server).resolve(address);
  } catch (const Problem& problem) {
    if (problem.status() != 404) throw;
    throw absence_unproven(server, address, pins_.contact(address).has_value());
  }
}

bool Lookup::has_moved(const identity::Domain& domain) const {
  const auto before = pins_.domain(domain);
  if (!before) return false;
  try {
    const auto after = fetched(domain);
    return after.service != before->service || after.descriptor.body().api != before->descriptor.body().api;
  } catch (const Failure& failure) {
    if (failure.kind() != Kind::unreachable) throw;
    return false;
  }
}

}  // namespace pd::directory
