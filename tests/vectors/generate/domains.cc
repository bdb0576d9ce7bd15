#include <stdexcept>

#include "cases.h"
#include "identity/descriptor.h"
#include "identity/sample.h"
#include "identity/statement.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace
using sample::at;
using sample::changed;
using sample::key;

constexpr std::int64_t day = 24 * 3600;

std::int64_t number(Time time) {
  return time.time_since_epoch().count();
}

DomainKeys one_key() {
  return DomainKeys::create(sample::domain("example.org"), key("domain"), at(0));
}

DomainKeys two_keys() {
  DomainKeys keys = one_key();
  const auto rotated = keys.rotate(key("domain"), key("next domain").public_key(), at(60));
  if (!rotated) throw std::runtime_error(rotated.error().message);
  return keys;
}

Json statement_input(const std::string& jws, std::int64_t now = 60, std::string_view about = "olivier@example.org",
                     std::string_view domain_key = "domain") {
  return {{"jws", jws}, {"about", about}, {"domain_key", key(domain_key).public_key().jwk()}, {"now", number(at(now))}};
}

std::string head_statement() {
  const Head head{sample::create().hash(), 0, 1};
  return Statement::sign({sample::address("olivier@example.org"), head, at(0), at(day)}, key("domain")).text();
}

std::string absence() {
  return Statement::sign({sample::address("nobody@example.org"), {}, at(0), at(day)}, key("domain")).text();
}

std::string removal() {
  return Statement::sign({sample::address("gordon@example.org"), {}, at(0), at(day), true}, key("domain")).text();
}

void refuse_statements(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& input) {
    cases.refuse("statement", name, rule, about, input);
  };
  const auto with = [](const Json& change) { return statement_input(changed(head_statement(), change, "domain")); };
  const std::string good = head_statement();
  refuse("forged", "JWS-10", "a signature that nobody made", statement_input(sample::forged(good)));
  refuse("typ-operation", "JWS-5", "an operation as a statement", statement_input(sample::create().text()));
  refuse("too-long", "JWS-1", "more than 2,000 bytes", with({{"later", std::string(2'000, 'x')}}));
  refuse("sub-upper-case", "STMT-2", "an address in another spelling", with({{"sub", "Olivier@example.org"}}));
  refuse("iss-missing", "STMT-2", "nobody's statement", with({{"iss", nullptr}}));
  refuse("other-domain", "STMT-3", "a domain that speaks of another one's names", with({{"iss", "blackmesa.us"}}));
  refuse("life-too-long", "STMT-4", "24 hours and a second", with({{"exp", number(at(day + 1))}}));
  refuse("life-empty", "STMT-4", "over when it begins", with({{"exp", number(at(0))}}));
  refuse("head-missing", "STMT-5", "neither a head nor its absence",
         with({{"head", nullptr}, {"seq", nullptr}, {"count", nullptr}}));
  refuse("head-and-absent", "STMT-5", "a head and its absence", with({{"absent", true}}));
  refuse("absent-false", "STMT-5", "not absent, and nothing else",
         with({{"head", nullptr}, {"seq", nullptr}, {"count", nullptr}, {"absent", false}}));
  refuse("head-and-removed", "STMT-5", "a head of somebody who was removed", with({{"removed", true}}));
  refuse("removed-false", "STMT-5", "removed, and not removed",
         statement_input(changed(removal(), {{"removed", false}}, "domain"), 60, "gordon@example.org"));
  refuse("seq-over-count", "STMT-5", "more operations in force than there are", with({{"seq", 1}}));
  refuse("count-501", "STMT-5", "more operations than a history has", with({{"count", 501}}));
  refuse("other-name", "STMT-6", "the answer for another name", statement_input(good, 60, "gordon@example.org"));
  refuse("rotated-out-key", "STMT-7", "signed by a domain key that is no longer in force",
         statement_input(good, 60, "olivier@example.org", "next domain"));
  refuse("other-domains-key", "STMT-7", "signed by the key of another domain",
         statement_input(changed(good, Json::object(), "domain of blackmesa.us")));
  refuse("not-yet-valid", "STMT-8", "more than 300 seconds in the future", statement_input(good, -301));
  refuse("expired", "STMT-8", "read when it has just ended", statement_input(good, day));
}

Json records_input(const std::vector<std::string>& records) {
  return {{"domain", "example.org"}, {"records", records}};
}

Json pinned_input(const DomainKeys& keys, const DomainKeys& pinned) {
  Json input = records_input(keys.records());
  input["pinned"] = pinned.records();
  return input;
}

// The records of two keys, the second with `change` merged in and signed by `signer`.
Json second_record(const Json& change, std::string_view signer = "domain") {
  std::vector<std::string> records = two_keys().records();
  records[1] = changed(records[1], change, signer);
  return records_input(records);
}

void refuse_domain_keys(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& input) {
    cases.refuse("domain-keys", name, rule, about, input);
  };
  const std::vector<std::string> good = two_keys().records();
  const DomainKeys usurped = DomainKeys::create(sample::domain("example.org"), key("usurper"), at(0));
  refuse("empty", "DKEY-1", "no key", records_input({}));
  refuse("too-many", "DKEY-1", "65 records", records_input(std::vector<std::string>(65, "")));
  refuse("other-domain", "DKEY-2", "the keys of another domain",
         records_input(DomainKeys::create(sample::domain("blackmesa.us"), key("domain"), at(0)).records()));
  refuse("misnumbered", "DKEY-3", "a record is missing", second_record({{"n", 2}}));
  refuse("reordered", "DKEY-3", "records have changed places", records_input({good[1], good[0]}));
  refuse("cut-at-the-beginning", "DKEY-3", "the first record is missing", records_input({good[1]}));
  refuse("prev-wrong", "DKEY-4", "it follows another record", second_record({{"prev", base64url(Hash{})}}));
  refuse("prev-missing", "DKEY-4", "it follows nothing", second_record({{"prev", nullptr}}));
  refuse("time-goes-back", "DKEY-5", "older than the record before", second_record({{"time", number(at(-1))}}));
  refuse("key-again", "DKEY-6", "a key that the domain had before",
         second_record({{"key", key("domain").public_key().jwk()}}));
  refuse("signed-by-itself", "DKEY-7", "the new key introduces itself", second_record(Json::object(), "next domain"));
  refuse("forged", "JWS-10", "a signature that nobody made", records_input({good[0], sample::forged(good[1])}));
  refuse("changed-unsigned", "DKEY-8", "another first key than the one that is pinned",
         pinned_input(usurped, one_key()));
  refuse("rolled-back", "DKEY-8", "fewer keys than are pinned", pinned_input(one_key(), two_keys()));
}

DescriptorBody descriptor_body(std::uint64_t seq = 3) {
  return {sample::domain("example.org"), seq, at(0), at(7 * day), "https://example.org", RegistrationMode::open};
}

Json descriptor_input(const Json& document, std::int64_t now = 60) {
  return {{"domain", "example.org"}, {"document", document}, {"now", number(at(now))}};
}

Json document(std::uint64_t seq = 3) {
  return Descriptor::sign(descriptor_body(seq), two_keys(), key("next domain")).json();
}

Json document_with(const Json& change, std::string_view signer = "next domain") {
  Json changed_one = document();
  changed_one["descriptor"] = changed(changed_one["descriptor"].get<std::string>(), change, signer);
  return descriptor_input(changed_one);
}

// A descriptor that names these STUN servers.
Json document_with_stun(const Json& servers) {
  return document_with({{"stun", servers}});
}

Json succeeding(const Json& next, const Json& pinned) {
  Json input = descriptor_input(next);
  input["pinned"] = pinned;
  return input;
}

void refuse_descriptors(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& input) {
    cases.refuse("descriptor", name, rule, about, input);
  };
  Json keyless = document(), foreign = document();
  keyless.erase("keys");
  foreign["descriptor"] = two_keys().records()[0];
  refuse("keys-missing", "DESC-1", "a descriptor without keys", descriptor_input(keyless));
  refuse("typ-domain-key", "JWS-5", "a key record as a descriptor", descriptor_input(foreign));
  refuse("other-domain", "DESC-3", "the descriptor of another domain", document_with({{"iss", "blackmesa.us"}}));
  refuse("seq-negative", "DESC-4", "a negative number", document_with({{"seq", -1}}));
  refuse("life-too-long", "DESC-5", "a week and a second", document_with({{"exp", number(at(7 * day + 1))}}));
  refuse("api-plain-http", "DESC-6", "an API that anybody may read along",
         document_with({{"api", "http://example.org"}}));
  refuse("api-path", "DESC-6", "an API below a path", document_with({{"api", "https://example.org/pd"}}));
  refuse("api-slash", "DESC-6", "not even a slash", document_with({{"api", "https://example.org/"}}));
  refuse("api-user", "DESC-6", "a host that looks like another",
         document_with({{"api", "https://example.org@blackmesa.us"}}));
  refuse("api-ip", "DESC-6", "an IP address", document_with({{"api", "https://192.0.2.1"}}));
  refuse("registration-unknown", "DESC-7", "a way of registering that nobody knows",
         document_with({{"registration", "free"}}));
  refuse("stun-too-many", "DESC-12", "five STUN servers",
         document_with_stun({"a.example:1", "b.example:1", "c.example:1", "d.example:1", "e.example:1"}));
  refuse("stun-twice", "DESC-12", "a STUN server is there twice",
         document_with_stun({"stun.example.org:3478", "stun.example.org:3478"}));
  refuse("stun-without-port", "DESC-12", "a STUN server without a port", document_with_stun({"stun.example.org"}));
  refuse("stun-uri", "DESC-12", "a URI (RFC 7064)", document_with_stun({"stun:stun.example.org:3478"}));
  refuse("stun-upper-case", "DESC-12", "a name in another spelling", document_with_stun({"Stun.example.org:3478"}));
  refuse("stun-multicast", "DESC-12", "an address of many hosts", document_with_stun({"224.0.0.1:3478"}));
  refuse("rotated-out-key", "DESC-8", "signed by the key before", document_with(Json::object(), "domain"));
  refuse("not-yet-valid", "DESC-9", "more than 300 seconds in the future", descriptor_input(document(), -301));
  refuse("expired", "DESC-9", "read when it has just ended", descriptor_input(document(), 7 * day));
  refuse("older-than-pinned", "DESC-10", "an older descriptor than the one that is known",
         succeeding(document(3), document(4)));
  const DomainKeys usurped = DomainKeys::create(sample::domain("example.org"), key("usurper"), at(0));
  refuse("keys-cut-short", "DESC-10", "an old list of keys, with a later sequence",
         succeeding(Descriptor::sign(descriptor_body(9), one_key(), key("domain")).json(), document()));
  refuse("key-changed-unsigned", "DKEY-8", "another key, and nobody who introduced it",
         succeeding(Descriptor::sign(descriptor_body(9), usurped, key("usurper")).json(), document()));
}

}  // namespace

void add_statements(Cases& cases) {
  const Json with_more = statement_input(changed(head_statement(), {{"later", 1}}, "domain"));
  cases.accept("statement", "head", "the head of a name", statement_input(head_statement()));
  cases.accept("statement", "absent", "there is nobody of that name",
               statement_input(absence(), 60, "nobody@example.org"));
  cases.accept("statement", "removed", "the domain removed whoever had that name",
               statement_input(removal(), 60, "gordon@example.org"));
  cases.accept("statement", "earliest", "read 300 seconds before it begins", statement_input(head_statement(), -300));
  cases.accept("statement", "latest", "read in its last second", statement_input(head_statement(), day - 1));
  cases.accept("statement", "unknown-member", "members that are not known are ignored", with_more);
  refuse_statements(cases);
}

void add_domain_keys(Cases& cases) {
  cases.accept("domain-keys", "first", "a domain's first key", records_input(one_key().records()));
  cases.accept("domain-keys", "rotated", "a key that the one before introduced", records_input(two_keys().records()));
  cases.accept("domain-keys", "extends-pin", "more keys than are pinned", pinned_input(two_keys(), one_key()));
  refuse_domain_keys(cases);
}

void add_descriptors(Cases& cases) {
  cases.accept("descriptor", "rotated", "a descriptor by the second key", descriptor_input(document()));
  cases.accept("descriptor", "port", "an API on another host and port",
               document_with({{"api", "https://pd.example.net:8443"}, {"registration", "invite"}}));
  cases.accept("descriptor", "stun", "where it answers STUN: a name and addresses, on two ports",
               document_with_stun({"stun.example.org:3478", "198.51.100.4:3479", "[2001:db8::1]:3478"}));
  cases.accept("descriptor", "stun-none", "an empty list", document_with_stun(Json::array()));
  cases.accept("descriptor", "succeeds", "a newer one than the one that is known",
               succeeding(document(5), document(4)));
  refuse_descriptors(cases);
}

}  // namespace pd::vectors
