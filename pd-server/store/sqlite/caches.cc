#include "store/sqlite/caches.h"

#include <algorithm>

namespace pd::store::sqlite {
namespace {

// Policies name at most 16 communities; lists of earlier policies are kept a while.
constexpr int most_lists = 64;

constexpr std::uint64_t shares_in_all = 16;  // FED-18

// The answers of `domain`, the oldest first, until one more of `bytes` fits into its share.
void make_room(Connection& db, std::string_view domain, std::uint64_t bytes, const CacheBound& bound) {
  const auto rows = std::max<std::uint64_t>(bound.rows / shares_in_all, 1);
  const auto full = [&] {
    Query row = db.query("SELECT rows >= ?2 OR bytes + ?4 > ?3 FROM remote_share WHERE domain = ?1");
    return row.bind(domain, rows, bound.bytes / shares_in_all, bytes).step() && row.integer(0) != 0;
  };
  while (full()) {
    db.query(
          "DELETE FROM remote_answer WHERE id = (SELECT id FROM remote_answer "
          "WHERE substr(address, instr(address, '@') + 1) = ?1 ORDER BY fetched, id LIMIT 1)")
        .bind(domain)
        .run();
  }
}

bool over(Connection& db, std::string_view kind, const CacheBound& bound) {
  Query row = db.query("SELECT rows > ?2 OR bytes > ?3 FROM remote_usage WHERE kind = ?1");
  return row.bind(kind, bound.rows, bound.bytes).step() && row.integer(0) != 0;
}

}  // namespace

std::optional<RemoteDomain> remote_domain(Connection& db, const std::string& domain) {
  Query row = db.query("SELECT descriptor, fetched FROM remote_domain WHERE domain = ?1");
  if (!row.bind(domain).step()) return std::nullopt;
  return RemoteDomain{row.text(0), row.time(1)};
}

void put_remote_domain(Connection& db, const std::string& domain, const RemoteDomain& value, const CacheBound& bound) {
  db.query("DELETE FROM remote_domain WHERE domain = ?1").bind(domain).run();
  db.query("INSERT INTO remote_domain (domain, descriptor, size, fetched) VALUES (?1, ?2, ?3, ?4)")
      .bind(domain, value.descriptor, value.descriptor.size(), value.fetched)
      .run();
  // A domain in use is fetched again at least weekly, so the oldest are those that nobody asks for.
  while (over(db, "domain", bound))
    db.query("DELETE FROM remote_domain WHERE id = (SELECT id FROM remote_domain ORDER BY fetched, id LIMIT 1)").run();
}

std::optional<RemoteAnswer> remote_answer(Connection& db, const std::string& address) {
  Query row = db.query("SELECT resolution, fetched, expires FROM remote_answer WHERE address = ?1");
  if (!row.bind(address).step()) return std::nullopt;
  return RemoteAnswer{row.text(0), row.time(1), row.time(2)};
}

void put_remote_answer(Connection& db, const std::string& address, const RemoteAnswer& value, const CacheBound& bound) {
  db.query("DELETE FROM remote_answer WHERE address = ?1").bind(address).run();
  const auto bytes = value.resolution.size();
  if (bytes > bound.bytes / shares_in_all) return;
  make_room(db, std::string_view(address).substr(address.rfind('@') + 1), bytes, bound);
  db.query("INSERT INTO remote_answer (address, resolution, size, fetched, expires) VALUES (?1, ?2, ?3, ?4, ?5)")
      .bind(address, value.resolution, bytes, value.fetched, value.expires)
      .run();
  while (over(db, "answer", bound))
    db.query("DELETE FROM remote_answer WHERE id = (SELECT id FROM remote_answer ORDER BY fetched, id LIMIT 1)").run();
}

std::optional<std::string> remote_list(Connection& db, const std::string& url) {
  Query row = db.query("SELECT jws FROM remote_list WHERE url = ?1");
  if (!row.bind(url).step()) return std::nullopt;
  return row.text(0);
}

void put_remote_list(Connection& db, const std::string& url, const std::string& jws) {
  db.query("DELETE FROM remote_list WHERE url = ?1").bind(url).run();
  db.query("INSERT INTO remote_list (url, jws) VALUES (?1, ?2)").bind(url, jws).run();
  db.query("DELETE FROM remote_list WHERE id <= (SELECT max(id) FROM remote_list) - ?1").bind(most_lists).run();
}

}  // namespace pd::store::sqlite
