#include "identity/endpoint.h"

#include <algorithm>
#include <utility>

#include "ip.h"
#include "members.h"
#include "origin.h"
#include "validity.h"

namespace pd::identity {
namespace {

Result<std::vector<TcpEndpoint>> read_tcp(const Json& payload) {
  const auto items = array_member(payload, "tcp", "EP-4");
  if (!items) return tl::unexpected(items.error());
  if ((*items)->size() > max_endpoints) return fail(Reason::too_large, "EP-4", "more than 8 endpoints");
  std::vector<TcpEndpoint> endpoints;
  for (const Json& item : **items) {
    if (!item.is_string()) return fail(Reason::malformed, "EP-4", "an endpoint is a string");
    const auto& text = item.get_ref<const std::string&>();
    const auto endpoint = TcpEndpoint::parse(text);
    if (!endpoint) return tl::unexpected(endpoint.error());
    if (endpoint->text() != text) {
      return fail(Reason::malformed, "EP-4", "the endpoint must be written " + endpoint->text());
    }
    if (std::ranges::find(endpoints, *endpoint) != endpoints.end()) {
      return fail(Reason::malformed, "EP-4", "an endpoint is there twice");
    }
    endpoints.push_back(*endpoint);
  }
  return endpoints;
}

Result<EndpointBody> read_endpoint_body(const Json& payload) {
  auto address = address_member(payload, "sub", "EP-2");
  if (!address) return tl::unexpected(address.error());
  const auto period = read_period(payload, "EP-3");
  if (!period) return tl::unexpected(period.error());
  if (const auto life = check_life(*period, max_endpoint_life, "EP-3"); !life) return tl::unexpected(life.error());
  auto tcp = read_tcp(payload);
  if (!tcp) return tl::unexpected(tcp.error());
  return EndpointBody{std::move(*address), period->issued, period->expires, std::move(*tcp)};
}

Json payload_of(const EndpointBody& body) {
  Json tcp = Json::array();
  for (const TcpEndpoint& endpoint : body.tcp)
    tcp.push_back(endpoint.text());
  return {
      {"sub", body.address.text()},
      {"iat", body.issued.time_since_epoch().count()},
      {"exp", body.expires.time_since_epoch().count()},
      {"tcp", std::move(tcp)},
  };
}

}  // namespace

Result<TcpEndpoint> TcpEndpoint::parse(std::string_view text) {
  const auto refuse = [] { return fail(Reason::malformed, "EP-4", "an endpoint is \"IPv4:port\" or \"[IPv6]:port\""); };
  const auto colon = text.rfind(':');
  if (colon == text.npos) return refuse();
  const auto port = read_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool v6 = host.starts_with('[') && host.ends_with(']');
  if (v6) host = host.substr(1, host.size() - 2);
  const auto ip = v6 ? canonical_ipv6(host) : canonical_ipv4(host);
  if (!port || !ip) return refuse();
  return TcpEndpoint(*ip, *port);
}

std::string TcpEndpoint::text() const {
  const bool v6 = ip_.find(':') != ip_.npos;
  return (v6 ? "[" + ip_ + "]:" : ip_ + ":") + std::to_string(port_);
}

Result<EndpointRecord> EndpointRecord::parse(std::string_view text) {
  auto jws = Jws::parse(text, endpoint_typ, max_endpoint_bytes);
  if (!jws) return tl::unexpected(enclose(jws.error(), "endpoint record"));
  auto body = read_endpoint_body(jws->payload());
  if (!body) return tl::unexpected(enclose(body.error(), "endpoint record"));
  return EndpointRecord(std::move(*body), std::move(*jws));
}

Result<EndpointRecord> EndpointRecord::sign(const EndpointBody& body, const PrivateKey& device_key) {
  // Read back what will be sent, so that nothing is ever signed that a reader would refuse.
  return parse(Jws::sign(device_key, endpoint_typ, payload_of(body)).text());
}

Result<void> EndpointRecord::verify(const IdentityState& identity, Time now) const {
  if (body_.address != identity.address) {
    return fail(Reason::wrong_subject, "EP-5", "the endpoint record is of " + body_.address.text());
  }
  const auto signer = std::ranges::find(identity.devices, device_id(), [](const Device& d) { return d.key.id(); });
  if (signer == identity.devices.end()) {
    return fail(Reason::wrong_key, "EP-6", "the endpoint record is not signed by a device of the identity");
  }
  const auto time = check_period({body_.issued, body_.expires}, now, "EP-7", "the endpoint record");
  if (!time) return time;
  return jws_.verify(signer->key);
}

}  // namespace pd::identity
