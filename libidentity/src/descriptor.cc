#include "identity/descriptor.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "identity/endpoint.h"
#include "members.h"
#include "origin.h"
#include "validity.h"

namespace pd::identity {
namespace {

constexpr std::array<std::pair<RegistrationMode, std::string_view>, 3> mode_names = {{
    {RegistrationMode::open, "open"},
    {RegistrationMode::invite, "invite"},
    {RegistrationMode::closed, "closed"},
}};

// A whole document: every record and the descriptor, with their quotes, commas and member names.
constexpr JsonLimits document_limits{max_domain_keys * (max_domain_key_bytes + 3) + max_descriptor_bytes + 100, 4};

Result<RegistrationMode> read_mode(const Json& payload) {
  const auto text = string_member(payload, "registration", "DESC-7");
  if (!text) return tl::unexpected(text.error());
  const auto found = std::ranges::find(mode_names, *text, &std::pair<RegistrationMode, std::string_view>::second);
  if (found == mode_names.end()) return fail(Reason::unsupported, "DESC-7", "no such kind of registration");
  return found->first;
}

Result<void> check_stun(const std::vector<StunServer>& servers) {
  if (servers.size() > max_stun_servers) return fail(Reason::too_large, "DESC-12", "more than 4 STUN servers");
  for (auto server = servers.begin(); server != servers.end(); ++server) {
    const auto read = StunServer::parse(server->text());
    if (!read || *read != *server) return fail(Reason::malformed, "DESC-12", "not a STUN server: " + server->text());
    if (std::find(servers.begin(), server, *server) != server) {
      return fail(Reason::malformed, "DESC-12", "a STUN server is there twice");
    }
  }
  return {};
}

// DESC-12. Members are added freely: who knows nothing of STUN signs none.
Result<std::vector<StunServer>> read_stun(const Json& payload) {
  std::vector<StunServer> servers;
  if (!payload.contains("stun")) return servers;
  const auto items = array_member(payload, "stun", "DESC-12");
  if (!items) return tl::unexpected(items.error());
  if ((*items)->size() > max_stun_servers) return fail(Reason::too_large, "DESC-12", "more than 4 STUN servers");
  for (const Json& item : **items) {
    if (!item.is_string()) return fail(Reason::malformed, "DESC-12", "a STUN server is a string");
    const auto& text = item.get_ref<const std::string&>();
    auto server = StunServer::parse(text);
    if (!server) return tl::unexpected(server.error());
    if (server->text() != text) return fail(Reason::malformed, "DESC-12", "it must be written " + server->text());
    servers.push_back(*std::move(server));
  }
  return servers;
}

// DESC-5, DESC-6, DESC-12, for a body that is read and for one that is made.
Result<void> check(const DescriptorBody& body) {
  const auto life = check_life({body.issued, body.expires}, max_descriptor_life, "DESC-5");
  if (!life) return life;
  if (!is_https_origin(body.api)) return fail(Reason::malformed, "DESC-6", "api is not https://host[:port]");
  return check_stun(body.stun);
}

Result<DescriptorBody> read_descriptor_body(const Json& payload) {
  auto domain = domain_member(payload, "iss", "DESC-3");
  if (!domain) return tl::unexpected(domain.error());
  const auto seq = integer_member(payload, "seq", "DESC-4");
  if (!seq) return tl::unexpected(seq.error());
  const auto period = read_period(payload, "DESC-5");
  if (!period) return tl::unexpected(period.error());
  auto api = string_member(payload, "api", "DESC-6");
  if (!api) return tl::unexpected(api.error());
  const auto mode = read_mode(payload);
  if (!mode) return tl::unexpected(mode.error());
  auto stun = read_stun(payload);
  if (!stun) return tl::unexpected(stun.error());
  DescriptorBody body{std::move(*domain), *seq,  period->issued,  period->expires,
                      std::move(*api),    *mode, std::move(*stun)};
  if (const auto checked = check(body); !checked) return tl::unexpected(checked.error());
  return body;
}

Json payload_of(const DescriptorBody& body) {
  const auto mode =
      std::ranges::find(mode_names, body.registration, &std::pair<RegistrationMode, std::string_view>::first);
  Json payload = {
      {"iss", body.domain.text()},
      {"seq", body.seq},
      {"iat", body.issued.time_since_epoch().count()},
      {"exp", body.expires.time_since_epoch().count()},
      {"api", body.api},
      {"registration", mode->second},
  };
  for (const StunServer& server : body.stun)
    payload["stun"].push_back(server.text());
  return payload;
}

Result<std::vector<std::string>> read_records(const Json& object) {
  const auto items = array_member(object, "keys", "DESC-1");
  if (!items) return tl::unexpected(items.error());
  if ((*items)->size() > max_domain_keys) return fail(Reason::too_large, "DKEY-1", "more than 64 key records");
  std::vector<std::string> records;
  for (const Json& item : **items) {
    if (!item.is_string()) return fail(Reason::malformed, "DESC-1", "keys is a list of strings");
    records.push_back(item.get<std::string>());
  }
  return records;
}

}  // namespace

Result<StunServer> StunServer::parse(std::string_view text) {
  if (const auto literal = TcpEndpoint::parse(text)) return StunServer{literal->ip(), literal->port()};
  const auto colon = text.rfind(':');
  const auto host = Domain::parse(text.substr(0, colon));
  const auto port = colon == text.npos ? std::nullopt : read_port(text.substr(colon + 1));
  if (!host || !port) return fail(Reason::malformed, "DESC-12", "a STUN server is \"host:port\"");
  return StunServer{host->text(), *port};
}

std::string StunServer::text() const {
  const bool v6 = host.find(':') != host.npos;
  return (v6 ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

Descriptor::Descriptor(DescriptorBody body, DomainKeys keys, std::string jws)
    : body_(std::move(body)), keys_(std::move(keys)), jws_(std::move(jws)) {}

Descriptor Descriptor::sign(const DescriptorBody& body, const DomainKeys& keys, const PrivateKey& domain_key) {
  if (body.domain != keys.domain()) throw std::logic_error("descriptor: the keys are another domain's");
  if (domain_key.public_key() != keys.current()) throw std::logic_error("descriptor: not the key in force");
  if (const auto checked = check(body); !checked) throw std::logic_error("descriptor: " + checked.error().message);
  return Descriptor(body, keys, Jws::sign(domain_key, descriptor_typ, payload_of(body)).text());
}

Result<Descriptor> Descriptor::parse(const Domain& domain, std::string_view json) {
  const auto object = parse_object(json, document_limits);
  if (!object) return tl::unexpected(enclose(object.error(), "DESC-1", "descriptor"));
  return from_json(domain, *object);
}

Result<Descriptor> Descriptor::from_json(const Domain& domain, const Json& object) {
  if (!object.is_object()) return fail(Reason::malformed, "DESC-1", "a descriptor is an object");
  const auto text = string_member(object, "descriptor", "DESC-1");
  if (!text) return tl::unexpected(text.error());
  const auto records = read_records(object);
  if (!records) return tl::unexpected(records.error());
  const auto jws = Jws::parse(*text, descriptor_typ, max_descriptor_bytes);
  if (!jws) return tl::unexpected(enclose(jws.error(), "descriptor"));
  auto body = read_descriptor_body(jws->payload());
  if (!body) return tl::unexpected(enclose(body.error(), "descriptor"));
  if (body->domain != domain) {
    return fail(Reason::wrong_subject, "DESC-3", "the descriptor is of " + body->domain.text());
  }
  auto keys = DomainKeys::replay(domain, *records);
  if (!keys) return tl::unexpected(keys.error());
  if (jws->key_id() != keys->current().id()) {
    return fail(Reason::wrong_key, "DESC-8", "the descriptor is not signed by the domain key in force");
  }
  if (const auto verified = jws->verify(keys->current()); !verified) {
    return tl::unexpected(enclose(verified.error(), "descriptor"));
  }
  return Descriptor(std::move(*body), std::move(*keys), *text);
}

Result<void> Descriptor::check_time(Time now) const {
  return check_period({body_.issued, body_.expires}, now, "DESC-9", "the descriptor");
}

Result<void> Descriptor::check_succeeds(const Descriptor& pinned) const {
  // A list that stops short of the pinned one is an old list; one that departs from it is another domain's.
  if (!keys_.extends(pinned.keys_) && !pinned.keys_.extends(keys_)) {
    return fail(Reason::wrong_key, "DKEY-8", "the domain's key changed without the signature of the key before");
  }
  if (!keys_.extends(pinned.keys_) || body_.seq < pinned.body_.seq) {
    return fail(Reason::out_of_order, "DESC-10", "the descriptor is older than the one that is known");
  }
  return {};
}

Json Descriptor::json() const {
  return {{"keys", keys_.records()}, {"descriptor", jws_}};
}

}  // namespace pd::identity
