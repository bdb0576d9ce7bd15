#include "store/sqlite/domain.h"

#include <algorithm>

#include <fmt/format.h>

namespace pd::store::sqlite {
namespace {

std::optional<Domain> recorded_domain(Connection& db) {
  Query row = db.query("SELECT name FROM domain WHERE id = 1");
  if (!row.step()) return std::nullopt;
  auto domain = Domain::parse(row.text(0));
  if (!domain) throw Failure("database: not a domain: " + row.text(0));
  return *std::move(domain);
}

}  // namespace

Domain claim_domain(Connection& db, const std::optional<Domain>& given) {
  const auto recorded = recorded_domain(db);
  if (recorded && given && *recorded != *given)
    throw Failure(fmt::format("this data directory belongs to {}, not to {}", recorded->text(), given->text()));
  if (recorded) return *recorded;
  if (!given) throw Failure("this data directory belongs to no domain yet: start the server once, or give --domain");
  Transaction transaction(db);
  db.query("INSERT INTO domain (id, name) VALUES (1, ?1)").bind(given->text()).run();
  transaction.commit();
  return *given;
}

std::vector<std::string> domain_key_records(Connection& db) {
  Query row = db.query("SELECT record FROM domain_key ORDER BY n");
  std::vector<std::string> records;
  while (row.step())
    records.push_back(row.text(0));
  return records;
}

void put_domain_key_records(Connection& db, const std::vector<std::string>& records) {
  const auto known = domain_key_records(db);
  // Others have pinned what we had: it can grow, never change.
  if (known.size() > records.size() || !std::equal(known.begin(), known.end(), records.begin()))
    throw Failure("the domain's key records can only be added to");
  for (std::size_t n = known.size(); n < records.size(); ++n)
    db.query("INSERT INTO domain_key (n, record) VALUES (?1, ?2)").bind(n, records[n]).run();
}

std::uint64_t next_descriptor_seq(Connection& db) {
  db.query("UPDATE domain SET descriptor_seq = descriptor_seq + 1 WHERE id = 1").run();
  return static_cast<std::uint64_t>(db.integer("SELECT descriptor_seq FROM domain WHERE id = 1"));
}

void probe(Connection& db, Time now) {
  db.query("UPDATE domain SET probed = ?1 WHERE id = 1").bind(now).run();
  if (db.changes() != 1) throw Failure("database: the domain's row is gone");
}

void read_probe(Connection& db) {
  // Not compared with the time written: others may probe at the same moment.
  if (db.integer("SELECT probed FROM domain WHERE id = 1") == 0)
    throw Failure("database: a row that was written cannot be read");
}

}  // namespace pd::store::sqlite
