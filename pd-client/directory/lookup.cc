#include "directory/lookup.h"

#include <variant>

#include "directory/lookup_failure.h"
#include "directory/trust.h"

namespace pd::directory {

struct Lookup::TrustedDomain {
  identity::DomainKeys keys;
  bool confirmed;
};

namespace {

// Of an absence that was verified.
bool says_removed(const identity::Resolution& absence) {
  const auto statement = identity::Statement::parse(absence.statement);
  return statement && statement->body().removed;
}

}  // namespace

Lookup::Lookup(const Transport& transport, Pins& pins, std::optional<identity::Domain> own_domain, Clock clock,
               std::optional<identity::Address> owner)
    : transport_(transport),
      pins_(pins),
      own_domain_(std::move(own_domain)),
      clock_(std::move(clock)),
      owner_(std::move(owner)) {}

Reader Lookup::reader_about(const identity::Address& address) const {
  return owner_ == address ? Reader::owner : Reader::other;
}

std::optional<VerifiedPeer> Lookup::find(const identity::Address& address) const {
  return accept(ask(own_domain_.value_or(address.domain()), address, Asking::anybody), address);
}

VerifiedPeer Lookup::require(const identity::Address& address, Asking asking) const {
  const auto resolution = ask(own_domain_.value_or(address.domain()), address, asking);
  if (auto peer = accept(resolution, address, asking)) return *std::move(peer);
  throw nobody_there(address, says_removed(resolution), reader_about(address));
}

std::optional<VerifiedPeer> Lookup::accept(const identity::Resolution& resolution, const identity::Address& about,
                                           Asking asking) const {
  const auto domain = trusted(about.domain(), resolution.domain, asking);
  auto verified = directory::require(identity::verify_resolution(resolution, about, domain.keys, now()),
                                     Kind::unverified, "the answer about " + about.text() + " does not verify");
  const auto pin = pins_.contact(about);
  if (const auto* absence = std::get_if<identity::VerifiedAbsence>(&verified)) {
    const auto fits = pin ? identity::check_pin(pin->pin, *absence) : identity::Result<void>();
    if (!fits) throw person_denied(*pin, fits.error(), reader_about(about));
    return {};
  }
  auto& identity = std::get<identity::VerifiedIdentity>(verified);
  if (auto same = pins_.see(identity, now()); !same)
    throw person_changed(*pins_.contact(about), identity, same.error(), reader_about(about));
  const auto trust = pin ? trust_of(*pin, identity.state().identity_key) : Trust::seen;
  return VerifiedPeer(std::move(identity), domain.confirmed, resolution.stale, trust, pin ? pin->name : std::string());
}

// Whose word counts for a domain: the pinned keys, or their signed continuation. A domain that was never seen for
// itself is asked directly, so that our own server cannot name a false key; while it cannot be reached, or must not
// notice, its key is unconfirmed.
Lookup::TrustedDomain Lookup::trusted(const identity::Domain& domain, const identity::Json& passed_on,
                                      Asking asking) const {
  auto offered = identity::Descriptor::from_json(domain, passed_on);
  const auto pin = pins_.domain(domain);
  if (pin && pin->confirmed) {
    if (!offered) return {pin->descriptor.keys(), true};
    const auto kept = keep(*offered, false);  // not seen at the domain: were it forgotten meanwhile, it is unconfirmed
    return {kept.descriptor.keys(), kept.confirmed};
  }
  if (asking == Asking::anybody) {
    try {
      return {fetched(domain).descriptor.keys(), true};
    } catch (const Failure& failure) {
      if (failure.kind() != Kind::unreachable) throw;
    }
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
identity::Resolution Lookup::ask(const identity::Domain& server, const identity::Address& address,
                                 Asking asking) const {
  try {
    return answer_of(server, address, asking);
  } catch (const Problem&) {
    throw;
  } catch (const Failure& failure) {
    if (failure.kind() != Kind::unreachable || !has_moved(server)) throw;
  }
  return answer_of(server, address, asking);
}

identity::Resolution Lookup::answer_of(const identity::Domain& server, const identity::Address& address,
                                       Asking asking) const {
  try {
    const auto client = client_of(server);
    return asking == Asking::anybody ? client.resolve(address) : client.resolve_kept(address);
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
