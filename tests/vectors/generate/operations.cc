#include "cases.h"
#include "identity/sample.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace
using enum OperationKind;
using sample::changed;
using sample::key;

Json input(const std::string& jws) {
  return {{"jws", jws}};
}

Operation created() {
  return sample::create();
}

Operation later(OperationKind kind, std::string_view signer) {
  OperationBody body = sample::following(created(), kind);
  if (kind == move) body.moved_to = sample::address("olivier@example.net");
  return sample::sign(body, signer, signer.starts_with("recovery"));
}

// The update of the specification's example: a phone is added.
Operation phone_added() {
  OperationBody body = sample::following(created(), update);
  body.state.devices.push_back({"phone", key("phone").public_key()});
  return sample::sign(body);
}

Json device(std::string_view name, std::string_view key_name) {
  return {{"name", name}, {"key", key(key_name).public_key().jwk()}};
}

Json devices(std::size_t count) {
  Json list = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    list.push_back(device("device " + number, "device " + number));
  }
  return list;
}

Json thumbprints(std::size_t count) {
  Json list = Json::array();
  for (std::size_t i = 0; i < count; ++i)
    list.push_back(key("recovery " + std::to_string(i)).public_key().id());
  return list;
}

Json named(std::string_view name) {
  return {{"devices", Json::array({device(name, "laptop")})}};
}

void add_accepted(Cases& cases) {
  const auto accept = [&](std::string_view name, std::string_view about, const std::string& jws) {
    cases.accept("operation", name, about, input(jws));
  };
  const auto create_with = [](const Json& change) { return changed(created().text(), change, "identity"); };
  accept("create", "a create with one device and two recovery keys", created().text());
  accept("update", "an update that adds a device", phone_added().text());
  accept("recover", "a recover carries the key that signs it", later(recover, "recovery 0").text());
  accept("revoke", "a revoke by the identity key", later(revoke, "identity").text());
  accept("revoke-by-recovery-key", "a revoke by a recovery key carries it", later(revoke, "recovery 1").text());
  accept("move", "a move to another address", later(move, "identity").text());
  accept("bare", "neither devices nor recovery keys are needed",
         create_with({{"devices", Json::array()}, {"recovery", Json::array()}}));
  accept("full", "sixteen devices and five recovery keys",
         create_with({{"devices", devices(16)}, {"recovery", thumbprints(5)}}));
  accept("device-name-not-ascii", "a device's name may be in any script", create_with(named("Téléphone 📱")));
  accept("unknown-member", "members that are not known are ignored", create_with({{"later", {{"deep", {1, 2}}}}}));
}

void refuse_numbers(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Operation& base,
                          const Json& change) {
    cases.refuse("operation", name, rule, about, input(changed(base.text(), change, "identity")));
  };
  const Operation create = created(), updated = phone_added();
  refuse("too-long", "JWS-1", "more than 7,500 bytes", create, {{"later", std::string(7'500, 'x')}});
  refuse("version-2", "OP-2", "a version to come", create, {{"v", 2}});
  refuse("version-missing", "OP-2", "no version", create, {{"v", nullptr}});
  refuse("type-unknown", "OP-3", "there is no such operation", create, {{"type", "delete"}});
  refuse("address-upper-case", "OP-4", "an address in another spelling", create, {{"address", "Olivier@example.org"}});
  refuse("address-uri", "OP-4", "an address as a URI", create, {{"address", "acct:olivier@example.org"}});
  refuse("address-bad", "OP-4", "not an address", create, {{"address", "olivier@localhost"}});
  refuse("create-seq-1", "OP-5", "a create that is not the first", create, {{"seq", 1}});
  refuse("update-seq-0", "OP-5", "an update that is the first", updated, {{"seq", 0}});
  refuse("seq-negative", "OP-5", "a negative number", updated, {{"seq", -1}});
  refuse("seq-too-large", "OP-5", "2^53, which not every reader can tell from 2^53+1", updated,
         {{"seq", 9'007'199'254'740'992}});
  refuse("create-with-prev", "OP-6", "a create that follows something", create, {{"prev", base64url(Hash{})}});
  refuse("update-without-prev", "OP-6", "an update that follows nothing", updated, {{"prev", nullptr}});
  refuse("prev-short", "OP-6", "a hash of 31 bytes", updated, {{"prev", std::string(41, 'A') + "A"}});
  refuse("time-fraction", "OP-7", "not a whole second", create, {{"time", 1800000000.5}});
  refuse("time-text", "OP-7", "a time as text", create, {{"time", "2027-01-15T08:00:00Z"}});
}

void refuse_states(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& change) {
    cases.refuse("operation", name, rule, about, input(changed(created().text(), change, "identity")));
  };
  refuse("identity-key-private", "OP-8", "the private half of a key", {{"identity_key", {{"d", "AAAA"}}}});
  refuse("identity-key-curve", "OP-8", "a key of another curve", {{"identity_key", {{"crv", "X25519"}}}});
  refuse("identity-key-small-order", "OP-8", "a key under which anything verifies",
         {{"identity_key", {{"x", base64url(Hash{1})}}}});
  refuse("devices-17", "OP-9", "one device too many", {{"devices", devices(17)}});
  refuse("devices-missing", "OP-9", "no list of devices", {{"devices", nullptr}});
  refuse("device-without-key", "OP-9", "a device without a key", {{"devices", {{{"name", "laptop"}}}}});
  refuse("device-name-empty", "OP-10", "a device without a name", named(""));
  refuse("device-name-long", "OP-10", "65 bytes", named(std::string(65, 'x')));
  refuse("device-name-control", "OP-10", "an escape sequence for the terminal", named("lap\x1b[2Jtop"));
  refuse("device-name-bidi", "OP-10", "a name that shows backwards", named("lap\u202Epot"));
  refuse("device-name-invisible", "OP-10", "a name that looks like another", named("lap\u200Btop"));
  refuse("device-name-joiner", "OP-10", "a mark that shows nothing", named("lap\u034Ftop"));
  refuse("device-name-hangul-filler", "OP-10", "a letter that shows nothing", named("\u3164"));
  refuse("device-name-braille-blank", "OP-10", "a symbol that shows nothing", named("laptop\u2800"));
  refuse("device-name-space", "OP-10", "a name that ends with a space", named("laptop "));
  refuse("devices-same-name", "OP-11", "two devices of one name",
         {{"devices", {device("laptop", "laptop"), device("laptop", "phone")}}});
  refuse("devices-same-key", "OP-11", "two devices of one key",
         {{"devices", {device("laptop", "laptop"), device("phone", "laptop")}}});
  refuse("device-identity-key", "OP-11", "the identity key as a device's",
         {{"devices", Json::array({device("laptop", "identity")})}});
  refuse("recovery-6", "OP-12", "one recovery key too many", {{"recovery", thumbprints(6)}});
  refuse("recovery-twice", "OP-12", "a recovery key at two places",
         {{"recovery", {key("recovery 0").public_key().id(), key("recovery 0").public_key().id()}}});
  refuse("recovery-identity-key", "OP-12", "the identity key as a recovery key",
         {{"recovery", {key("identity").public_key().id()}}});
  refuse("recovery-device-key", "OP-12", "a device's key as a recovery key",
         {{"recovery", {key("laptop").public_key().id()}}});
}

void refuse_kinds(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about,
                          const std::string& jws) { cases.refuse("operation", name, rule, about, input(jws)); };
  const std::string moved = later(move, "identity").text();
  const Json payload = sample::payload(created().text());
  refuse("typ-statement", "JWS-5", "signed as something else",
         Jws::sign(key("identity"), "pd-statement+jws", payload).text());
  refuse("truncated", "JWS-1", "the end of the signature is missing",
         created().text().substr(0, created().text().size() - 6));
  refuse("move-nowhere", "OP-13", "a move that does not say where",
         changed(moved, {{"moved_to", nullptr}}, "identity"));
  refuse("move-to-itself", "OP-13", "a move to the same address",
         changed(moved, {{"moved_to", "olivier@example.org"}}, "identity"));
  refuse("update-moved-to", "OP-13", "an update that moves",
         changed(phone_added().text(), {{"moved_to", "olivier@example.net"}}, "identity"));
  refuse("recover-without-jwk", "OP-14", "a recover whose key nobody can know",
         changed(later(recover, "recovery 0").text(), Json::object(), "recovery 0"));
  refuse("update-with-jwk", "OP-14", "an update that brings its own key",
         changed(phone_added().text(), Json::object(), "identity", true));
}

}  // namespace

void add_operations(Cases& cases) {
  add_accepted(cases);
  refuse_numbers(cases);
  refuse_states(cases);
  refuse_kinds(cases);
}

}  // namespace pd::vectors
