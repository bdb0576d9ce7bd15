#include "identity/descriptor.h"
#include "identity/endpoint.h"
#include "identity/history.h"
#include "identity/resolution.h"
#include "identity/signal.h"
#include "kinds.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace

Time time_of(const Json& input, const char* name) {
  return Time{Seconds{input.at(name).get<std::int64_t>()}};
}

std::int64_t number(Time time) {
  return time.time_since_epoch().count();
}

std::vector<std::string> texts(const Json& list) {
  return list.get<std::vector<std::string>>();
}

Address address_of(const Json& input, const char* name) {
  return Address::parse(input.at(name).get<std::string>()).value();
}

std::string_view name_of(OperationKind kind) {
  constexpr std::string_view names[] = {"create", "update", "recover", "revoke", "move"};
  return names[static_cast<std::size_t>(kind)];
}

Json json_of(const IdentityState& state) {
  Json devices = Json::array(), recovery = Json::array();
  for (const Device& device : state.devices)
    devices.push_back({{"name", device.name}, {"key", device.key.id()}});
  for (const Hash& key : state.recovery_keys)
    recovery.push_back(base64url(key));
  return {{"address", state.address.text()},
          {"identity_key", state.identity_key.id()},
          {"devices", devices},
          {"recovery", recovery}};
}

// {"jws"} → what the operation says, keys as thumbprints, with its "hash" and its "signer"
Result<Json> operation(const Json& input) {
  return Operation::parse(input.at("jws").get<std::string>()).map([](const Operation& operation) {
    const OperationBody& body = operation.body();
    Json output = {{"type", name_of(body.kind)},         {"seq", body.seq},
                   {"time", number(body.time)},          {"state", json_of(body.state)},
                   {"signer", operation.jws().key_id()}, {"hash", base64url(operation.hash())}};
    if (body.previous) output["prev"] = base64url(*body.previous);
    if (body.moved_to) output["moved_to"] = body.moved_to->text();
    return output;
  });
}

Json json_of(const History& history) {
  return {{"head", base64url(history.head().hash())},
          {"seq", history.head().body().seq},
          {"active", history.active()},
          {"ended", history.ended()},
          {"state", json_of(history.state())}};
}

// {"operations"} → the head, the places of the operations in force, and the state
Result<Json> history(const Json& input) {
  return History::replay(texts(input.at("operations"))).map([](const History& history) { return json_of(history); });
}

Json json_of(const StatementBody& body) {
  Json output = {{"address", body.address.text()}, {"iat", number(body.issued)}, {"exp", number(body.expires)}};
  if (body.head) {
    output["head"] = base64url(body.head->operation);
    output["seq"] = body.head->seq;
    output["count"] = body.head->count;
  } else {
    output["absent"] = true;
    if (body.removed) output["removed"] = true;
  }
  return output;
}

// {"jws","about","domain_key","now"} → what the statement says
Result<Json> statement(const Json& input) {
  const auto statement = Statement::parse(input.at("jws").get<std::string>());
  if (!statement) return tl::unexpected(statement.error());
  const PublicKey key = PublicKey::from_jwk(input.at("domain_key")).value();
  return statement->verify(address_of(input, "about"), key, time_of(input, "now")).map([&] {
    return json_of(statement->body());
  });
}

// {"domain","records","pinned"?} → the key in force, when the records are sound and begin with the pinned ones
Result<Json> domain_keys(const Json& input) {
  const Domain domain = Domain::parse(input.at("domain").get<std::string>()).value();
  const auto keys = DomainKeys::replay(domain, texts(input.at("records")));
  if (!keys) return tl::unexpected(keys.error());
  if (input.contains("pinned")) {
    const DomainKeys pinned = DomainKeys::replay(domain, texts(input.at("pinned"))).value();
    if (!keys->extends(pinned) && pinned.extends(*keys)) return fail(Reason::out_of_order, "DKEY-8", "an old list");
    if (!keys->extends(pinned)) return fail(Reason::wrong_key, "DKEY-8", "not a continuation");
  }
  return Json{{"current", keys->current().id()}};
}

Json json_of(const DescriptorBody& body) {
  constexpr std::string_view modes[] = {"open", "invite", "closed"};
  Json output = {{"domain", body.domain.text()},
                 {"seq", body.seq},
                 {"iat", number(body.issued)},
                 {"exp", number(body.expires)},
                 {"api", body.api},
                 {"registration", modes[static_cast<std::size_t>(body.registration)]}};
  for (const StunServer& server : body.stun)
    output["stun"].push_back({{"host", server.host}, {"port", server.port}});
  return output;
}

// {"domain","document","pinned"?,"now"} → what the descriptor says
Result<Json> descriptor(const Json& input) {
  const Domain domain = Domain::parse(input.at("domain").get<std::string>()).value();
  const auto descriptor = Descriptor::parse(domain, input.at("document").dump());
  if (!descriptor) return tl::unexpected(descriptor.error());
  auto checked = descriptor->check_time(time_of(input, "now"));
  if (checked && input.contains("pinned")) {
    checked = descriptor->check_succeeds(Descriptor::from_json(domain, input.at("pinned")).value());
  }
  return checked.map([&] { return json_of(descriptor->body()); });
}

Result<Verified> verified(const Json& input) {
  const auto resolution = Resolution::parse(input.at("resolution").dump());
  if (!resolution) return tl::unexpected(resolution.error());
  const Address about = address_of(input, "about");
  const Domain domain = Domain::parse(input.at("domain").get<std::string>()).value();
  const DomainKeys keys = DomainKeys::replay(domain, texts(input.at("keys"))).value();
  return verify_resolution(*resolution, about, keys, time_of(input, "now"));
}

// {"about","domain","keys","resolution","now"} → the state, or {"absent":true}
Result<Json> resolution(const Json& input) {
  return verified(input).map([](const Verified& verified) {
    const auto* identity = std::get_if<VerifiedIdentity>(&verified);
    return identity ? json_of(identity->history()) : Json{{"absent", true}};
  });
}

// The same and {"pin"} → the next pin
Result<Json> pin(const Json& input) {
  const auto hash = [&](const char* name) {
    return hash_from_base64url(input.at("pin").at(name).get<std::string>()).value();
  };
  const Pin pin{hash("genesis"), hash("head")};
  const Verified answer = verified(input).value();
  const auto* identity = std::get_if<VerifiedIdentity>(&answer);
  const auto checked = identity ? check_pin(pin, *identity) : check_pin(pin, std::get<VerifiedAbsence>(answer));
  return checked.map([&] {
    const Pin next = identity ? Pin::of(*identity) : pin;
    return Json{{"genesis", base64url(next.genesis)}, {"head", base64url(next.head)}};
  });
}

// {"jws","operations","now"} → where the device of the identity with that history listens
Result<Json> endpoint(const Json& input) {
  const auto record = EndpointRecord::parse(input.at("jws").get<std::string>());
  if (!record) return tl::unexpected(record.error());
  const History history = History::replay(texts(input.at("operations"))).value();
  return record->verify(history.state(), time_of(input, "now")).map([&] {
    Json tcp = Json::array();
    for (const TcpEndpoint& endpoint : record->body().tcp)
      tcp.push_back({{"ip", endpoint.ip()}, {"port", endpoint.port()}});
    return Json{{"device", record->device_id()}, {"tcp", tcp}};
  });
}

// {"jws","operations","receiver","seed","now"} → what the device with the key of that seed reads, when the sender has
// that history
Result<Json> signal(const Json& input) {
  const auto signal = Signal::parse(input.at("jws").get<std::string>());
  if (!signal) return tl::unexpected(signal.error());
  const History sender = History::replay(texts(input.at("operations"))).value();
  const auto device = PrivateKey::from_seed(from_base64url(input.at("seed").get<std::string>()).value());
  const auto message =
      signal->open(sender.state(), address_of(input, "receiver"), device.value(), time_of(input, "now"));
  return message.map([&](const Secret& text) {
    return Json{{"from", signal->body().from.text()},
                {"device", signal->sender_device()},
                {"id", signal->body().id},
                {"message", base64url(bytes_of(text.view()))}};
  });
}

}  // namespace

std::span<const Kind> chain_kinds() {
  static constexpr Kind kinds[] = {
      {"operation", operation},
      {"history", history},
      {"statement", statement},
      {"domain-keys", domain_keys},
      {"descriptor", descriptor},
      {"resolution", resolution},
      {"pin", pin},
      {"endpoint", endpoint},
      {"signal", signal},
  };
  return kinds;
}

}  // namespace pd::vectors
