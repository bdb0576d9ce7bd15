#include "identity/sample.h"

namespace pd::identity::sample {
namespace {

// The `n`-th part of a JWS, decoded.
Json part(std::string_view jws, int n) {
  for (; n > 0; --n)
    jws.remove_prefix(jws.find('.') + 1);
  const Bytes bytes = from_base64url(jws.substr(0, jws.find('.'))).value();
  return Json::parse(bytes);
}

}  // namespace

PrivateKey key(std::string_view name) {
  return PrivateKey::from_seed(sha256(bytes_of("pd test key: " + std::string(name)))).value();
}

Address address(std::string_view text) {
  return Address::parse(text).value();
}

Domain domain(std::string_view text) {
  return Domain::parse(text).value();
}

TcpEndpoint endpoint(std::string_view text) {
  return TcpEndpoint::parse(text).value();
}

TcpEndpoint loopback(std::uint16_t port) {
  return endpoint("127.0.0.1:" + std::to_string(port));
}

Time at(std::int64_t seconds) {
  constexpr Seconds start{1'800'000'000};
  return Time{start + Seconds{seconds}};
}

IdentityState state(std::string_view text, std::size_t recovery_keys) {
  IdentityState state{address(text), key("identity").public_key(), {{"laptop", key("laptop").public_key()}}, {}};
  for (std::size_t i = 0; i < recovery_keys; ++i) {
    state.recovery_keys.push_back(key("recovery " + std::to_string(i)).public_key().thumbprint());
  }
  return state;
}

Operation create(const IdentityState& state, Time time) {
  return sign({OperationKind::create, 0, std::nullopt, time, state, std::nullopt});
}

OperationBody following(const Operation& previous, OperationKind kind, std::int64_t after) {
  const OperationBody& body = previous.body();
  return {kind, body.seq + 1, previous.hash(), body.time + Seconds{after}, body.state, std::nullopt};
}

Operation sign(const OperationBody& body, std::string_view signer, bool by_recovery_key) {
  return Operation::sign(body, key(signer), by_recovery_key).value();
}

std::string changed(std::string_view jws, const Json& change, std::string_view signer, bool embed_key) {
  const std::string typ = part(jws, 0).at("typ");
  Json payload = part(jws, 1);
  payload.merge_patch(change);
  return Jws::sign(key(signer), typ, payload, embed_key).text();
}

std::string forged(std::string jws) {
  char& first = jws[jws.rfind('.') + 1];
  first = first == 'A' ? 'B' : 'A';
  return jws;
}

Json payload(std::string_view jws) {
  return part(jws, 1);
}

}  // namespace pd::identity::sample
