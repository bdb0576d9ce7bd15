#include "federation/community.h"

#include <algorithm>

namespace pd::federation {
namespace {

using identity::Domain;
using identity::fail;
using identity::Json;
using identity::Reason;
using identity::Result;
using identity::Time;

Result<Domain> domain(const Json& value) {
  if (!value.is_string()) return fail(Reason::malformed, "COM-3", "a domain is a string");
  const auto& text = value.get_ref<const std::string&>();
  auto parsed = Domain::parse(text);
  if (!parsed || parsed->text() != text) return fail(Reason::malformed, "COM-3", "not a domain in lower case");
  return std::move(*parsed);
}

Result<std::vector<Domain>> domains(const Json& payload) {
  const auto list = payload.find("domains");
  if (list == payload.end() || !list->is_array()) return fail(Reason::malformed, "COM-3", "domains is a list");
  if (list->size() > max_community_domains) return fail(Reason::too_large, "COM-3", "more than 1000 domains");
  std::vector<Domain> all;
  all.reserve(list->size());
  for (const auto& value : *list) {
    auto one = domain(value);
    if (!one) return tl::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<CommunityBody> read_body(const Json& payload) {
  const auto issuer = payload.find("iss");
  if (issuer == payload.end()) return fail(Reason::malformed, "COM-2", "iss is missing");
  auto iss = domain(*issuer);
  if (!iss) return tl::unexpected(iss.error());
  const auto seq = identity::integer_member(payload, "seq", "COM-2");
  if (!seq) return tl::unexpected(seq.error());
  const auto issued = identity::time_member(payload, "iat", "COM-2");
  if (!issued) return tl::unexpected(issued.error());
  const auto expires = identity::time_member(payload, "exp", "COM-2");
  if (!expires) return tl::unexpected(expires.error());
  if (*expires <= *issued || *expires - *issued > max_community_life)
    return fail(Reason::malformed, "COM-4", "a list is valid for 90 days at most");
  auto all = domains(payload);
  if (!all) return tl::unexpected(all.error());
  return CommunityBody{std::move(*iss), *seq, *issued, *expires, std::move(*all)};
}

}  // namespace

Result<CommunityList> CommunityList::parse(std::string_view text, const Domain& issuer, std::string_view key_id) {
  const auto jws = identity::Jws::parse(text, community_typ, max_community_bytes);
  if (!jws) return tl::unexpected(jws.error());
  if (!jws->embedded_key()) return fail(Reason::malformed, "COM-1", "the key is missing from the header");
  if (jws->key_id() != key_id) return fail(Reason::wrong_key, "COM-5", "signed by a key that the policy does not name");
  if (const auto good = jws->verify(*jws->embedded_key()); !good) return tl::unexpected(good.error());
  auto body = read_body(jws->payload());
  if (!body) return tl::unexpected(body.error());
  if (body->issuer != issuer) return fail(Reason::wrong_subject, "COM-2", "the list is that of " + body->issuer.text());
  return CommunityList(std::move(*body), jws->text());
}

Result<CommunityList> CommunityList::sign(const CommunityBody& body, const identity::PrivateKey& key) {
  auto list = Json::array();
  for (const auto& one : body.domains)
    list.push_back(one.text());
  const Json payload = {{"iss", body.issuer.text()},
                        {"seq", body.seq},
                        {"iat", body.issued.time_since_epoch().count()},
                        {"exp", body.expires.time_since_epoch().count()},
                        {"domains", std::move(list)}};
  const auto jws = identity::Jws::sign(key, community_typ, payload, true);
  return parse(jws.text(), body.issuer, key.public_key().id());
}

Result<void> CommunityList::check_time(Time now) const {
  if (now >= body_.expires) return fail(Reason::expired, "COM-6", "the list has expired");
  if (body_.issued > now + identity::clock_skew)
    return fail(Reason::not_yet_valid, "COM-6", "the list is dated in the future");
  return {};
}

bool CommunityList::contains(const Domain& domain) const {
  return std::binary_search(body_.domains.begin(), body_.domains.end(), domain);
}

}  // namespace pd::federation
