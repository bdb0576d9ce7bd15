#include "directory/client.h"

#include "directory/problem.h"
#include "identity/http_signature.h"
#include "identity/json.h"

namespace pd::directory {
namespace {

constexpr identity::JsonLimits endpoint_limits{64 * 1024, 4};
constexpr std::chrono::seconds descriptor_deadline{6};

std::string identity_path(const identity::Address& address) {
  return "/v1/identities/" + address.text();
}

bool is_json(const HttpAnswer& answer) {
  return answer.header("content-type").starts_with("application/json");
}

identity::Resolution read_resolution(const HttpAnswer& answer, const Origin& api) {
  return require(identity::Resolution::parse(answer.body), Kind::unverified,
                 "the answer of " + api.authority() + " makes no sense");
}

}  // namespace

Client::Client(const Transport& transport, Origin api, std::optional<ServiceTarget> service, Clock clock)
    : transport_(transport), api_(std::move(api)), service_(std::move(service)), clock_(std::move(clock)) {}

HttpAnswer Client::send(HttpExchange exchange) const {
  exchange.service = service_;
  auto answer = transport_.send(api_, exchange);
  // "Nobody has that name" is a 404 with the proof in the same format as any other answer (API-10).
  const bool absence = answer.status == 404 && exchange.method == "GET" && is_json(answer);
  if (answer.status / 100 != 2 && !absence) throw problem_of(answer, api_);
  return answer;
}

std::string Client::challenge() const {
  const auto answer = send({"POST", "/v1/challenges", {{"content-type", "application/json"}}, "{}"});
  const std::string context = "the challenge of " + api_.authority();
  const auto json = require(identity::parse_object(answer.body), Kind::failed, context);
  auto challenge = require(identity::string_member(json, "challenge", ""), Kind::failed, context);
  if (!identity::is_challenge(challenge)) throw Failure(Kind::failed, context + " is none (SIG-11)");
  return challenge;
}

HttpExchange Client::signed_by(HttpExchange exchange, const identity::PrivateKey& key) const {
  const identity::HttpRequest request{exchange.method, api_.text() + exchange.path, exchange.body, exchange.headers};
  const identity::SignatureParameters parameters{key.public_key().id(), clock_(), challenge(),
                                                 std::string(identity::tag_user)};
  for (auto& header : identity::sign_request(request, key, parameters))
    exchange.headers.push_back(std::move(header));
  return exchange;
}

HttpAnswer Client::send_signed(HttpExchange exchange, const identity::PrivateKey& key) const {
  return send(signed_by(std::move(exchange), key));
}

identity::Resolution Client::resolve(const identity::Address& address) const {
  return read_resolution(send({"GET", identity_path(address), {{"accept", "application/json"}}, {}}), api_);
}

identity::Resolution Client::resolve_kept(const identity::Address& address) const {
  const Headers headers{{"accept", "application/json"}, {"cache-control", "only-if-cached"}};
  return read_resolution(send({"GET", identity_path(address), headers, {}}), api_);
}

identity::Resolution Client::put_operation(const identity::Operation& operation, const identity::PrivateKey& signer,
                                           const std::optional<std::string>& invite) const {
  HttpExchange exchange{
      "PUT", identity_path(operation.body().state.address), {{"content-type", "application/jose"}}, operation.text()};
  if (invite) exchange.headers.emplace_back("pd-invite", *invite);
  return read_resolution(send_signed(std::move(exchange), signer), api_);
}

void Client::put_endpoint(const identity::EndpointRecord& record, const identity::PrivateKey& device_key) const {
  const auto& address = record.body().address;
  send_signed({"PUT",
               identity_path(address) + "/endpoints/" + record.device_id(),
               {{"content-type", "application/jose"}, {"pd-identity", address.text()}},
               record.text()},
              device_key);
}

void Client::post_signals(const std::vector<std::string>& signals, const identity::Address& sender,
                          const identity::PrivateKey& device_key) const {
  send_signed({"POST",
               "/v1/signals",
               {{"content-type", "application/json"}, {"pd-identity", sender.text()}},
               identity::Json{{"signals", signals}}.dump()},
              device_key);
}

void Client::events(const identity::Address& owner, const identity::PrivateKey& device_key, const std::string& last_id,
                    const Streaming& streaming) const {
  HttpExchange exchange{"GET", "/v1/events", {{"accept", streaming.type}, {"pd-identity", owner.text()}},
                        {},    {},           service_};
  if (!last_id.empty()) exchange.headers.emplace_back("last-event-id", last_id);
  const auto answer = transport_.stream(api_, signed_by(std::move(exchange), device_key), streaming);
  if (answer.status != 200) throw problem_of(answer, api_);
  if (!answer.header("content-type").starts_with(streaming.type))
    throw Failure(Kind::failed, api_.authority() + " gives no stream of events");
}

std::vector<std::string> Client::endpoints(const identity::Address& callee, const identity::Address& caller,
                                           const identity::PrivateKey& device_key) const {
  const auto answer = send_signed({"GET",
                                   identity_path(callee) + "/endpoints",
                                   {{"accept", "application/json"}, {"pd-identity", caller.text()}},
                                   {}},
                                  device_key);
  const std::string context = "the endpoints that " + api_.authority() + " gives";
  const auto json = require(identity::parse_object(answer.body, endpoint_limits), Kind::failed, context);
  const auto* list = require(identity::array_member(json, "endpoints", ""), Kind::failed, context);
  std::vector<std::string> records;
  for (const auto& item : *list)
    if (item.is_string() && records.size() < identity::max_devices) records.push_back(item.get<std::string>());
  return records;
}

namespace {

HttpAnswer get_descriptor(const Transport& transport, const identity::Domain& domain,
                          const std::optional<ServiceTarget>& service) {
  auto answer = transport.send(
      {domain.text()}, {"GET", "/.well-known/pd", {{"accept", "application/json"}}, {}, descriptor_deadline, service});
  if (answer.status == 200 && is_json(answer)) return answer;
  throw Failure(Kind::unreachable, domain.text() + " runs no pd server (status " + std::to_string(answer.status) + ")",
                "check the spelling of the domain");
}

FoundDomain verified(const HttpAnswer& answer, const identity::Domain& domain, std::optional<ServiceTarget> service,
                     identity::Time now) {
  const std::string context = "what " + domain.text() + " says of itself does not verify";
  auto descriptor = require(identity::Descriptor::parse(domain, answer.body), Kind::unverified, context);
  require(descriptor.check_time(now), Kind::unverified, context);
  return {std::move(descriptor), std::move(service)};
}

}  // namespace

FoundDomain fetch_descriptor(const Transport& transport, const identity::Domain& domain, identity::Time now) {
  std::optional<Failure> direct;
  try {
    return verified(get_descriptor(transport, domain, {}), domain, {}, now);
  } catch (const Failure& failure) {
    if (failure.kind() != Kind::unreachable) throw;
    direct = failure;
  }
  for (const auto& target : transport.services(domain.text())) {
    try {
      return verified(get_descriptor(transport, domain, target), domain, target, now);
    } catch (const Failure& failure) {
      if (failure.kind() != Kind::unreachable) throw;
    }
  }
  throw *direct;
}

}  // namespace pd::directory
