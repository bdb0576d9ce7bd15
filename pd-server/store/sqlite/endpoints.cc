#include "store/sqlite/endpoints.h"

#include "identity/operation.h"
#include "store/sqlite/names.h"

namespace pd::store::sqlite {

void put_endpoint(Connection& db, const std::string& local, const Endpoint& endpoint, Time now) {
  const std::int64_t name = taken_name(db, local);
  if (name == 0) return;
  db.query("DELETE FROM endpoint WHERE name = ?1 AND (expires <= ?2 OR device = ?3)")
      .bind(name, now, endpoint.device_id)
      .run();
  // Room for one: of too many, those that end soonest go.
  db.query(
        "DELETE FROM endpoint WHERE name = ?1 AND device IN (SELECT device FROM endpoint WHERE name = ?1 "
        "ORDER BY expires DESC, device LIMIT -1 OFFSET ?2)")
      .bind(name, identity::max_devices - 1)
      .run();
  db.query("INSERT INTO endpoint (name, device, record, expires) VALUES (?1, ?2, ?3, ?4)")
      .bind(name, endpoint.device_id, endpoint.record, endpoint.expires)
      .run();
}

std::vector<Endpoint> endpoints(Connection& db, const std::string& local, Time now) {
  Query row = db.query(
      "SELECT device, record, expires FROM endpoint JOIN name ON name.id = endpoint.name "
      "WHERE local = ?1 AND expires > ?2 ORDER BY device");
  row.bind(local, now);
  std::vector<Endpoint> list;
  while (row.step())
    list.push_back({row.text(0), row.text(1), row.time(2)});
  return list;
}

}  // namespace pd::store::sqlite
