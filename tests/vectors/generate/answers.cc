#include "cases.h"
#include "identity/endpoint.h"
#include "identity/resolution.h"
#include "identity/sample.h"

namespace pd::vectors {
namespace {

using namespace pd::identity;  // NOLINT: a test, and all of it is about that namespace
using enum OperationKind;
using sample::at;
using sample::key;

constexpr std::int64_t day = 24 * 3600;

std::int64_t number(Time time) {
  return time.time_since_epoch().count();
}

DomainKeys keys() {
  return DomainKeys::create(sample::domain("example.org"), key("domain"), at(0));
}

std::vector<std::string> texts(const std::vector<Operation>& operations) {
  std::vector<std::string> texts;
  for (const Operation& operation : operations)
    texts.push_back(operation.text());
  return texts;
}

std::string statement_of(const std::vector<Operation>& operations, std::string_view about = "olivier@example.org") {
  const History history = History::replay(texts(operations)).value();
  const Head head{history.head().hash(), history.head().body().seq, operations.size()};
  return Statement::sign({sample::address(about), head, at(0), at(day)}, key("domain")).text();
}

std::string absence(std::string_view about = "olivier@example.org", bool removed = false) {
  return Statement::sign({sample::address(about), std::nullopt, at(0), at(day), removed}, key("domain")).text();
}

Json answer(const std::vector<std::string>& operations, const std::string& statement) {
  const DescriptorBody body{sample::domain("example.org"), 1, at(0), at(day), "https://example.org",
                            RegistrationMode::open};
  return {{"operations", operations},
          {"statement", statement},
          {"domain", Descriptor::sign(body, keys(), key("domain")).json()}};
}

Json input(const Json& resolution, std::string_view about = "olivier@example.org", std::int64_t now = 3600) {
  return {{"about", about},
          {"domain", "example.org"},
          {"keys", keys().records()},
          {"resolution", resolution},
          {"now", number(at(now))}};
}

// Olivier registers, adds a phone, is robbed, and takes his name back.
std::vector<Operation> story() {
  const Operation first = sample::create();
  OperationBody phone = sample::following(first, update);
  phone.state.devices.push_back({"phone", key("phone").public_key()});
  const Operation second = sample::sign(phone);
  OperationBody theft = sample::following(second, update);
  theft.state.identity_key = key("thief").public_key();
  const Operation third = sample::sign(theft);
  OperationBody rescue = sample::following(second, recover, 600);
  rescue.state.identity_key = key("new identity").public_key();
  return {first, second, third, sample::sign(rescue, "recovery 0", true)};
}

std::vector<Operation> beginning(std::size_t count) {
  std::vector<Operation> operations = story();
  operations.erase(operations.begin() + static_cast<std::ptrdiff_t>(count), operations.end());
  return operations;
}

Json pin_input(const Operation& genesis, const Operation& head, const Json& resolution) {
  Json pinned = input(resolution);
  pinned["pin"] = {{"genesis", base64url(genesis.hash())}, {"head", base64url(head.hash())}};
  return pinned;
}

Json endpoint_input(const std::string& jws, std::int64_t now = 60, std::string_view about = "olivier@example.org") {
  return {{"jws", jws}, {"operations", {sample::create(sample::state(about)).text()}}, {"now", number(at(now))}};
}

std::string endpoint(std::string_view device = "laptop") {
  const EndpointBody body{sample::address("olivier@example.org"),
                          at(0),
                          at(day),
                          {sample::endpoint("198.51.100.4:4433"), sample::endpoint("[2001:db8::1]:4433")}};
  return EndpointRecord::sign(body, key(device)).value().text();
}

void refuse_resolutions(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& input) {
    cases.refuse("resolution", name, rule, about, input);
  };
  const std::vector<std::string> operations = texts(story());
  const std::string statement = statement_of(story());
  const std::vector<Operation> gordon = {sample::create(sample::state("gordon@example.org"))};
  refuse("operations-501", "RES-2", "more operations than a history has",
         input(answer(std::vector<std::string>(501, ""), statement)));
  refuse("statement-missing", "RES-3", "an answer that nobody vouches for",
         input(Json(answer(operations, statement)).patch({{{"op", "remove"}, {"path", "/statement"}}})));
  refuse("foreign-address", "RES-4", "the keys of another domain than the address's",
         input(answer(operations, statement), "gordon@blackmesa.us"));
  refuse("other-name", "STMT-6", "the whole answer for another name",
         input(answer(operations, statement), "gordon@example.org"));
  refuse("expired", "STMT-8", "yesterday's answer", input(answer(operations, statement), "olivier@example.org", day));
  refuse("absence-forged", "STMT-7", "nobody of that name, says who is not the domain",
         input(answer({}, sample::changed(absence(), Json::object(), "usurper"))));
  refuse("absence-of-another", "STMT-6", "nobody of another name", input(answer({}, absence("nobody@example.org"))));
  refuse("operations-withheld", "RES-6", "a head, and no operations", input(answer({}, statement)));
  refuse("absent-with-operations", "RES-6", "nobody, and operations", input(answer(operations, absence())));
  refuse("operation-forged", "JWS-10", "an operation with a signature that nobody made",
         input(answer({operations[0], operations[1], operations[2], sample::forged(operations[3])}, statement)));
  refuse("history-of-another", "RES-8", "the history of another name under this one's statement",
         input(answer(texts(gordon), statement_of(gordon, "olivier@example.org"))));
  refuse("cut-short", "RES-9", "the recovery is withheld", input(answer(texts(beginning(3)), statement)));
  Json longer = answer(texts(beginning(2)), sample::changed(statement_of(beginning(2)), {{"count", 3}}, "domain"));
  refuse("count-wrong", "RES-9", "the statement counts an operation more", input(longer));
  Json rolled_back = answer(texts(beginning(2)), sample::changed(statement_of(beginning(2)), {{"seq", 0}}, "domain"));
  refuse("seq-wrong", "RES-9", "the statement gives the head another number", input(rolled_back));
  Json misplaced = answer(texts(beginning(2)), sample::changed(statement_of(beginning(2)),
                                                               {{"head", base64url(story()[0].hash())}}, "domain"));
  refuse("head-wrong", "RES-9", "the statement names another head", input(misplaced));
}

void refuse_endpoints(Cases& cases) {
  const auto refuse = [&](std::string_view name, std::string_view rule, std::string_view about, const Json& input) {
    cases.refuse("endpoint", name, rule, about, input);
  };
  const auto with = [](const Json& change) { return endpoint_input(sample::changed(endpoint(), change, "laptop")); };
  refuse("typ-operation", "JWS-5", "an operation as an endpoint record", endpoint_input(sample::create().text()));
  refuse("sub-upper-case", "EP-2", "an address in another spelling", with({{"sub", "Olivier@example.org"}}));
  refuse("life-too-long", "EP-3", "24 hours and a second", with({{"exp", number(at(day + 1))}}));
  refuse("nine", "EP-4", "one endpoint too many", with({{"tcp", std::vector<std::string>(9, "198.51.100.4:4433")}}));
  refuse("host-name", "EP-4", "a name instead of an address", with({{"tcp", {"example.org:4433"}}}));
  refuse("port-0", "EP-4", "no port", with({{"tcp", {"198.51.100.4:0"}}}));
  refuse("ipv6-spelling", "EP-4", "another spelling of an IPv6 address", with({{"tcp", {"[2001:DB8::1]:4433"}}}));
  refuse("ipv4-mapped", "EP-4", "an IPv4 address in IPv6's clothes", with({{"tcp", {"[::ffff:c633:6404]:4433"}}}));
  refuse("ipv4-translated", "EP-4", "an IPv4 address behind NAT64", with({{"tcp", {"[64:ff9b::c633:6404]:4433"}}}));
  refuse("multicast", "EP-4", "not one host", with({{"tcp", {"224.0.0.1:4433"}}}));
  refuse("link-local", "EP-4", "another host on each link", with({{"tcp", {"169.254.169.254:80"}}}));
  refuse("unspecified", "EP-4", "no host", with({{"tcp", {"[::]:4433"}}}));
  refuse("twice", "EP-4", "one endpoint twice", with({{"tcp", {"198.51.100.4:4433", "198.51.100.4:4433"}}}));
  refuse("other-address", "EP-5", "the record of another person", endpoint_input(endpoint(), 60, "gordon@example.org"));
  refuse("other-device", "EP-6", "signed by a device that the identity does not have",
         endpoint_input(endpoint("phone")));
  refuse("identity-key", "EP-6", "signed by the identity key instead of a device's",
         endpoint_input(endpoint("identity")));
  refuse("forged", "JWS-10", "a signature that nobody made", endpoint_input(sample::forged(endpoint())));
  refuse("not-yet-valid", "EP-7", "more than 300 seconds in the future", endpoint_input(endpoint(), -301));
  refuse("expired", "EP-7", "read when it has just ended", endpoint_input(endpoint(), day));
}

}  // namespace

void add_resolutions(Cases& cases) {
  cases.accept("resolution", "identity", "a person", input(answer(texts(beginning(1)), statement_of(beginning(1)))));
  cases.accept("resolution", "recovered", "a person who took the name back",
               input(answer(texts(story()), statement_of(story()))));
  cases.accept("resolution", "absent", "nobody", input(answer({}, absence())));
  Json stale = answer(texts(story()), statement_of(story()));
  stale["stale"] = true;
  stale["later"] = 1;
  cases.accept("resolution", "stale", "kept by a server that could not ask", input(stale));
  refuse_resolutions(cases);
}

void add_pins(Cases& cases) {
  const std::vector<Operation> operations = story();
  const Json whole = answer(texts(operations), statement_of(operations));
  const Json early = answer(texts(beginning(2)), statement_of(beginning(2)));
  cases.accept("pin", "same", "nothing new", pin_input(operations[0], operations[3], whole));
  cases.accept("pin", "grown", "a history that goes on", pin_input(operations[0], operations[1], whole));
  cases.accept("pin", "undone", "the pinned head was undone", pin_input(operations[0], operations[2], whole));
  cases.accept("pin", "removed", "nobody any more: the domain says that it removed them",
               pin_input(operations[0], operations[1], answer({}, absence("olivier@example.org", true))));
  cases.refuse("pin", "replaced", "PIN-1", "somebody else has the name now",
               pin_input(sample::create(sample::state(), at(1)), operations[3], whole));
  cases.refuse("pin", "older", "PIN-2", "an older head than the one that is pinned",
               pin_input(operations[0], operations[2], early));
  cases.refuse("pin", "absent", "PIN-3", "nobody, where somebody was",
               pin_input(operations[0], operations[1], answer({}, absence())));
}

void add_endpoints(Cases& cases) {
  cases.accept("endpoint", "two", "a device that listens on IPv4 and IPv6", endpoint_input(endpoint()));
  cases.accept("endpoint", "none", "a device that no longer listens",
               endpoint_input(sample::changed(endpoint(), {{"tcp", Json::array()}}, "laptop")));
  refuse_endpoints(cases);
}

}  // namespace pd::vectors
