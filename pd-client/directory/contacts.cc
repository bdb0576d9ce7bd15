#include "directory/contacts.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "directory/contacts_file.h"

namespace pd::directory {
namespace {

// CON-4 and CON-7.
constexpr identity::Seconds declined_for{30 * 24 * 3600};
constexpr identity::Seconds request_life{30 * 24 * 3600};
constexpr identity::Seconds request_window{24 * 3600};
constexpr identity::Seconds rewritten_after{60};
constexpr std::int64_t most_requests = 64;
constexpr std::int64_t most_new = 24;
constexpr std::int64_t most_new_of_domain = 8;

constexpr std::string_view request_columns =
    "SELECT address, identity_key, confirmed, first_asked, last_asked, times FROM request WHERE last_asked > ? ";

ContactRequest request_of(const Statement& row) {
  return {require(identity::Address::parse(row.text(0)), Kind::failed, "contacts.db"),
          require(identity::PublicKey::from_raw(row.blob(1)), Kind::failed, "contacts.db"),
          row.number(2) != 0,
          row.time(3),
          row.time(4),
          row.number(5)};
}

Decision decision_in(Database& database, const identity::Address& address) {
  auto query = database.prepare("SELECT verdict FROM decision WHERE address = ?");
  query.bind(address.text());
  return query.step() ? static_cast<Decision>(query.number(0)) : Decision::none;
}

std::int64_t count(Statement query) {
  query.step();
  return query.number(0);
}

}  // namespace

Contacts::Contacts(const std::filesystem::path& file) : database_(open_contacts_file(file)) {}

ContactPolicy Contacts::policy() const {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare("SELECT value FROM setting WHERE name = 'policy'");
  if (!query.step()) return ContactPolicy::ask;
  return parse_contact_policy(query.text(0)).value_or(ContactPolicy::contacts);  // a word of later: the strictest
}

void Contacts::set_policy(ContactPolicy policy) {
  const std::lock_guard lock(mutex_);
  auto write = database_.prepare(
      "INSERT INTO setting (name, value) VALUES ('policy', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  write.bind(text_of(policy)).step();
}

Decision Contacts::decision(const identity::Address& address, identity::Time now) const {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare("SELECT verdict, decided FROM decision WHERE address = ?");
  query.bind(address.text());
  if (!query.step()) return Decision::none;
  const auto decision = static_cast<Decision>(query.number(0));
  const bool over = decision == Decision::declined && query.time(1) + declined_for <= now;
  return over ? Decision::none : decision;
}

Decision Contacts::decide(const identity::Address& address, Decision decision, identity::Time now) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  const auto before = decision_in(database_, address);
  database_.prepare("DELETE FROM request WHERE address = ?").bind(address.text()).step();
  database_.prepare("DELETE FROM decision WHERE address = ?").bind(address.text()).step();
  if (decision != Decision::none) {
    auto write = database_.prepare("INSERT INTO decision (address, verdict, decided) VALUES (?, ?, ?)");
    write.bind(address.text()).bind(static_cast<std::int64_t>(decision)).bind(now).step();
  }
  transaction.commit();
  return before;
}

std::vector<identity::Address> Contacts::blocked() const {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare("SELECT address FROM decision WHERE verdict = ? ORDER BY address");
  query.bind(static_cast<std::int64_t>(Decision::blocked));
  std::vector<identity::Address> all;
  while (query.step())
    all.push_back(require(identity::Address::parse(query.text(0)), Kind::failed, "contacts.db"));
  return all;
}

Contacts::Asked Contacts::ask(const VerifiedPeer& peer, identity::Time now) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  database_.prepare("DELETE FROM request WHERE last_asked <= ?").bind(now - request_life).step();
  auto known = database_.prepare("SELECT last_asked FROM request WHERE address = ?");
  known.bind(peer.address().text());
  const bool repeated = known.step();
  if (repeated && now < known.time(0) + rewritten_after && now >= known.time(0)) return Asked::repeated;
  if (!repeated && !room_for(peer.address().domain(), now)) return Asked::ignored;
  auto write = database_.prepare(
      "INSERT INTO request (address, domain, identity_key, confirmed, first_asked, last_asked, times) "
      "VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT (address) DO UPDATE SET identity_key = excluded.identity_key, "
      "confirmed = excluded.confirmed, last_asked = excluded.last_asked, times = times + 1");
  write.bind(peer.address().text()).bind(peer.address().domain().text()).bind(peer.state().identity_key.raw());
  write.bind(peer.confirmed() ? 1 : 0).bind(now).bind(now).step();
  transaction.commit();
  return repeated ? Asked::repeated : Asked::new_request;
}

bool Contacts::room_for(const identity::Domain& domain, identity::Time now) const {
  const auto since = now - request_window;
  auto fresh = database_.prepare("SELECT count(*) FROM request WHERE first_asked > ?");
  auto of_domain = database_.prepare("SELECT count(*) FROM request WHERE first_asked > ? AND domain = ?");
  fresh.bind(since);
  of_domain.bind(since).bind(domain.text());
  return count(database_.prepare("SELECT count(*) FROM request")) < most_requests &&
         count(std::move(fresh)) < most_new && count(std::move(of_domain)) < most_new_of_domain;
}

std::vector<ContactRequest> Contacts::requests(identity::Time now) const {
  const std::lock_guard lock(mutex_);
  auto query = database_.prepare(std::string(request_columns) + "ORDER BY first_asked, address");
  query.bind(now - request_life);
  std::vector<ContactRequest> all;
  while (query.step())
    all.push_back(request_of(query));
  return all;
}

bool Contacts::has_request(const identity::Address& address, identity::Time now) const {
  const auto all = requests(now);
  return std::any_of(all.begin(), all.end(), [&](const auto& request) { return request.address == address; });
}

}  // namespace pd::directory
