#include "directory/pins.h"

#include <algorithm>
#include <string_view>

#include "directory/contacts_file.h"
#include "identity/history.h"

namespace pd::directory {
namespace {

constexpr std::string_view contact_columns =
    "SELECT address, genesis, head, identity_key, verified_key, name, first_seen, last_seen FROM contact ";
constexpr std::string_view domain_columns =
    "SELECT domain, descriptor, confirmed, service, first_seen, last_seen FROM domain ";

identity::Hash hash_of(const identity::Bytes& bytes) {
  identity::Hash hash{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
  return hash;
}

identity::PublicKey key_of(const identity::Bytes& bytes) {
  return require(identity::PublicKey::from_raw(bytes), Kind::failed, "contacts.db");
}

ContactPin contact_of(const Statement& row) {
  std::optional<identity::PublicKey> verified;
  if (!row.is_null(4)) verified = key_of(row.blob(4));
  return {require(identity::Address::parse(row.text(0)), Kind::failed, "contacts.db"),
          {hash_of(row.blob(1)), hash_of(row.blob(2))},
          key_of(row.blob(3)),
          verified,
          row.text(5),
          row.time(6),
          row.time(7)};
}

std::optional<ContactPin> find_contact(Database& database, const identity::Address& address) {
  auto query = database.prepare(std::string(contact_columns) + "WHERE address = ?");
  query.bind(address.text());
  if (!query.step()) return {};
  return contact_of(query);
}

DomainPin domain_of(const Statement& row) {
  const auto domain = require(identity::Domain::parse(row.text(0)), Kind::failed, "contacts.db");
  return {require(identity::Descriptor::parse(domain, row.text(1)), Kind::failed, "contacts.db"), row.number(2) != 0,
          ServiceTarget::parse(row.text(3)), row.time(4), row.time(5)};
}

std::optional<DomainPin> find_domain(Database& database, const identity::Domain& domain) {
  auto query = database.prepare(std::string(domain_columns) + "WHERE domain = ?");
  query.bind(domain.text());
  if (!query.step()) return {};
  return domain_of(query);
}

}  // namespace

Pins::Pins(const std::filesystem::path& file) : database_(open_contacts_file(file)) {}

std::optional<ContactPin> Pins::contact(const identity::Address& address) const {
  const std::lock_guard lock(mutex_);
  return find_contact(database_, address);
}

std::vector<ContactPin> Pins::contacts() const {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare(std::string(contact_columns) + "ORDER BY address");
  std::vector<ContactPin> all;
  while (query.step())
    all.push_back(contact_of(query));
  return all;
}

identity::Result<void> Pins::see(const identity::VerifiedIdentity& identity, identity::Time now) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  if (const auto known = find_contact(database_, identity.address())) {
    if (auto same = identity::check_pin(known->pin, identity); !same) return same;
  }
  const auto pin = identity::Pin::of(identity);
  auto write = database_.prepare(
      "INSERT INTO contact (address, genesis, head, identity_key, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (address) DO UPDATE SET head = excluded.head, identity_key = excluded.identity_key, "
      "last_seen = excluded.last_seen");
  write.bind(identity.address().text()).bind(pin.genesis).bind(pin.head).bind(identity.state().identity_key.raw());
  write.bind(now).bind(now).step();
  transaction.commit();
  return {};
}

void Pins::mark_verified(const identity::Address& address, const identity::PublicKey& key) {
  const std::lock_guard lock(mutex_);
  auto write = database_.prepare("UPDATE contact SET verified_key = ? WHERE address = ?");
  write.bind(key.raw()).bind(address.text()).step();
}

bool Pins::set_name(const identity::Address& address, const std::string& name) {
  const std::lock_guard lock(mutex_);
  database_.prepare("UPDATE contact SET name = ? WHERE address = ?").bind(name).bind(address.text()).step();
  return database_.changes() > 0;
}

bool Pins::forget(const identity::Address& address) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  auto accepted = database_.prepare("DELETE FROM decision WHERE address = ? AND verdict = 1");  // CON-8
  accepted.bind(address.text()).step();
  database_.prepare("DELETE FROM contact WHERE address = ?").bind(address.text()).step();
  const bool known = database_.changes() > 0;
  transaction.commit();
  return known;
}

std::optional<DomainPin> Pins::domain(const identity::Domain& domain) const {
  const std::lock_guard lock(mutex_);
  return find_domain(database_, domain);
}

std::vector<DomainPin> Pins::domains() const {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare(std::string(domain_columns) + "ORDER BY domain");
  std::vector<DomainPin> all;
  while (query.step())
    all.push_back(domain_of(query));
  return all;
}

identity::Result<DomainPin> Pins::keep(const identity::Descriptor& descriptor, bool confirmed, identity::Time now) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  const auto& domain = descriptor.body().domain;
  const auto known = find_domain(database_, domain);
  const auto succeeds = known ? descriptor.check_succeeds(known->descriptor) : identity::Result<void>();
  // What one server of several, a cache or a restored backup still had.
  const bool older = !succeeds && succeeds.error().reason == identity::Reason::out_of_order;
  if (!succeeds && !older) return tl::unexpected(succeeds.error());
  auto write = database_.prepare(
      "INSERT INTO domain (domain, descriptor, confirmed, first_seen, last_seen) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (domain) DO UPDATE SET descriptor = excluded.descriptor, "
      "confirmed = max(confirmed, excluded.confirmed), last_seen = excluded.last_seen");
  write.bind(domain.text()).bind((older ? known->descriptor : descriptor).json().dump()).bind(confirmed ? 1 : 0);
  write.bind(now).bind(now).step();
  auto kept = *find_domain(database_, domain);
  transaction.commit();
  return kept;
}

void Pins::set_service(const identity::Domain& domain, const std::optional<ServiceTarget>& service) {
  const std::lock_guard lock(mutex_);
  auto write = database_.prepare("UPDATE domain SET service = ? WHERE domain = ?");
  write.bind(service ? service->text() : std::string()).bind(domain.text()).step();
}

bool Pins::forget(const identity::Domain& domain) {
  const std::lock_guard lock(mutex_);
  database_.prepare("DELETE FROM domain WHERE domain = ?").bind(domain.text()).step();
  return database_.changes() > 0;
}

}  // namespace pd::directory
