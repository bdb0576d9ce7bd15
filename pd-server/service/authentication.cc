#include "service/authentication.h"

#include <utility>

#include "service/refusal.h"

namespace pd::service {
namespace {

std::string_view header(const identity::HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

Refusal unproven(std::string detail) {
  return {Refused::bad_request_signature, std::move(detail)};
}

}  // namespace

Authentication::Authentication(Home& home, Directory& directory, federation::Remote& remote, Challenges& challenges,
                               Limits limits, SteadyClock steady)
    : home_(home),
      directory_(directory),
      remote_(remote),
      challenges_(challenges),
      accounts_(limits.account, limits.keys),
      domains_(limits.domain, limits.keys),
      steady_(std::move(steady)) {}

identity::RequestSignature Authentication::signature_of(const identity::HttpRequest& request) {
  if (header(request, "signature-input").empty() && header(request, "signature").empty()) {
    throw Refusal(Refused::unsigned_request, "This request must be signed (RFC 9421).");
  }
  return value_or_refuse(identity::RequestSignature::parse(request), Refused::bad_request_signature);
}

void Authentication::prove(const identity::RequestSignature& signature, const identity::PublicKey& key) {
  const auto now = home_.now();
  value_or_refuse(signature.verify(key, identity::tag_user, now), Refused::bad_request_signature);
  challenges_.spend(signature.parameters().nonce, now);
}

void Authentication::charge(const Address& account) {
  count(accounts_, account.text());
}

Address Authentication::claimed_caller(const identity::HttpRequest& request) {
  const auto claimed = header(request, "pd-identity");
  if (claimed.empty()) throw unproven("The header PD-Identity must say who signed.");
  return Home::address(claimed);
}

awaitable<Authentication::Caller> Authentication::caller(const identity::HttpRequest& request) {
  const auto signature = signature_of(request);
  Address address = claimed_caller(request);
  const bool foreign = address.domain() != home_.domain();
  if (foreign && !remote_.admits(address.domain())) {
    throw Refusal(Refused::policy, "This server does not answer " + address.domain().text() + ".");
  }

  auto person = co_await directory_.person(address);
  if (!person) throw unproven("There is nobody of the name in PD-Identity.");
  const auto key = person->key(signature.parameters().key_id);
  if (!key) throw unproven("The key that signed is not one of " + address.text() + " now.");
  prove(signature, *key);
  charge(address);
  if (foreign) count(domains_, address.domain().text());
  co_return Caller{std::move(address), std::move(*person), *key};
}

awaitable<Domain> Authentication::asking_domain(const identity::HttpRequest& request) {
  const auto signature = signature_of(request);
  Domain domain = value_or_refuse(Domain::parse(header(request, "pd-identity")), Refused::malformed);
  // Before its descriptor is fetched, so that nobody can make us connect to a domain that we would refuse.
  if (!remote_.admits(domain)) {
    throw Refusal(Refused::policy, "This server does not answer " + domain.text() + ".");
  }
  const auto descriptor = co_await remote_.descriptor(domain, signature.parameters().key_id);
  value_or_refuse(signature.verify(descriptor.keys().current(), identity::tag_federation, home_.now()),
                  Refused::bad_request_signature);
  count(domains_, domain.text());
  co_return domain;
}

void Authentication::count(limit::Table& table, const std::string& key) {
  const auto wait = table.take(key, steady_());
  if (wait > limit::Nanos::zero())
    throw Refusal::for_now(Refused::rate_limited, "Too many requests of " + key + ".", wait);
}

}  // namespace pd::service
