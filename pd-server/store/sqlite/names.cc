#include "store/sqlite/names.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "store/sqlite/invites.h"

namespace pd::store::sqlite {
namespace {

constexpr std::uint32_t most_users = 1'000;  // in one answer of users()

struct Row {
  std::int64_t id;
  NameState state;
  std::optional<Head> head;  // when taken
};

NameState state_from(const std::string& text) {
  if (text == "taken") return NameState::taken;
  if (text == "reserved") return NameState::reserved;
  if (text == "tombstoned") return NameState::tombstoned;
  throw Failure("database: unknown state of a name: " + text);
}

// Reads columns `at`, `at + 1` and `at + 2`.
Head head_from(const Query& row, int at) {
  return {row.hash(at), static_cast<std::uint64_t>(row.integer(at + 1)),
          static_cast<std::uint64_t>(row.integer(at + 2))};
}

std::optional<Row> row_of(Connection& db, const std::string& local) {
  Query row = db.query("SELECT id, state, head, seq, count FROM name WHERE local = ?1");
  if (!row.bind(local).step()) return std::nullopt;
  Row found{row.integer(0), state_from(row.text(1)), std::nullopt};
  if (found.state == NameState::taken) found.head = head_from(row, 2);
  return found;
}

void insert_name(Connection& db, const std::string& local, std::string_view state, Time created) {
  db.query("INSERT INTO name (local, state, created) VALUES (?1, ?2, ?3)").bind(local, state, created).run();
}

std::int64_t insert_taken(Connection& db, const Append& append) {
  db.query("INSERT INTO name (local, state, created, head, seq, count) VALUES (?1, 'taken', ?2, ?3, ?4, ?5)")
      .bind(append.address.local(), append.accepted, append.new_head.operation, append.new_head.seq,
            append.new_head.count)
      .run();
  return db.last_id();
}

void move_head(Connection& db, std::int64_t id, const Head& head) {
  db.query("UPDATE name SET head = ?2, seq = ?3, count = ?4 WHERE id = ?1")
      .bind(id, head.operation, head.seq, head.count)
      .run();
}

void insert_operation(Connection& db, std::int64_t name, const Append& append) {
  db.query("INSERT INTO operation (name, ordinal, hash, jws, accepted) VALUES (?1, ?2, ?3, ?4, ?5)")
      .bind(name, append.new_head.count - 1, append.operation_hash, append.operation, append.accepted)
      .run();
}

// Why `append` may not go onto what is there; nothing when it may.
std::optional<AppendOutcome> obstacle(const std::optional<Row>& row, const Append& append) {
  if (!row) return append.expected_head ? std::optional(AppendOutcome::conflict) : std::nullopt;
  if (row->state == NameState::reserved) return AppendOutcome::name_reserved;
  if (row->state == NameState::tombstoned) return AppendOutcome::name_tombstoned;
  if (row->head->operation == append.operation_hash) return AppendOutcome::repeated;
  if (!append.expected_head) return AppendOutcome::name_taken;
  if (row->head->operation != *append.expected_head) return AppendOutcome::conflict;
  return std::nullopt;
}

}  // namespace

Lookup find(Connection& db, const std::string& local) {
  // One statement, so one snapshot: never the head of one moment with the operations of another.
  Query row = db.query(
      "SELECT name.state, head, seq, count, jws FROM name LEFT JOIN operation ON operation.name = name.id "
      "WHERE local = ?1 ORDER BY ordinal");
  Lookup lookup;
  if (!row.bind(local).step()) return lookup;
  lookup.state = state_from(row.text(0));
  if (lookup.state != NameState::taken) return lookup;
  lookup.record = Record{head_from(row, 1), {}};
  do {
    if (!row.null(4)) lookup.record->operations.push_back(row.text(4));
  } while (row.step());
  if (lookup.record->operations.size() != lookup.record->head.count)
    throw Failure(fmt::format("database: {} should have {} operations and has {}", local, lookup.record->head.count,
                              lookup.record->operations.size()));
  return lookup;
}

AppendOutcome append(Connection& db, const Append& append) {
  const auto row = row_of(db, append.address.local());
  if (const auto outcome = obstacle(row, append)) return *outcome;
  const std::uint64_t count = row ? row->head->count : 0;
  if (append.new_head.count != count + 1 || append.new_head.operation != append.operation_hash)
    throw Failure("an append whose new head is not its own operation, one further on");
  if (!row && append.invite && !spend_invite(db, *append.invite, append.accepted)) return AppendOutcome::invite_unknown;
  if (row) move_head(db, row->id, append.new_head);
  const std::int64_t id = row ? row->id : insert_taken(db, append);
  insert_operation(db, id, append);
  return AppendOutcome::done;
}

std::vector<UserSummary> users(Connection& db, const Domain& domain, const std::string& after_local,
                               std::uint32_t limit) {
  Query row =
      db.query("SELECT local, state, created, head, seq, count FROM name WHERE local > ?1 ORDER BY local LIMIT ?2");
  row.bind(after_local, std::min(limit, most_users));
  std::vector<UserSummary> list;
  while (row.step()) {
    auto address = Address::parse(row.text(0) + "@" + domain.text());
    if (!address) throw Failure("database: not a name: " + row.text(0));
    UserSummary user{*std::move(address), state_from(row.text(1)), std::nullopt, row.time(2)};
    if (user.state == NameState::taken) user.head = head_from(row, 3);
    list.push_back(std::move(user));
  }
  return list;
}

bool tombstone(Connection& db, const std::string& local, Time now) {
  const auto row = row_of(db, local);
  if (!row) insert_name(db, local, "reserved", now);
  if (!row || row->state != NameState::taken) return false;
  db.query("DELETE FROM endpoint WHERE name = ?1").bind(row->id).run();
  db.query("UPDATE operation SET jws = NULL WHERE name = ?1").bind(row->id).run();
  db.query("UPDATE name SET state = 'tombstoned', head = NULL, seq = NULL, count = NULL WHERE id = ?1")
      .bind(row->id)
      .run();
  return true;
}

NameState reserve(Connection& db, const std::string& local, Time now) {
  if (const auto row = row_of(db, local)) return row->state;
  insert_name(db, local, "reserved", now);
  return NameState::reserved;
}

bool unreserve(Connection& db, const std::string& local) {
  db.query("DELETE FROM name WHERE local = ?1 AND state = 'reserved'").bind(local).run();
  return db.changes() == 1;
}

std::vector<std::string> reserved(Connection& db) {
  Query row = db.query("SELECT local FROM name WHERE state = 'reserved' ORDER BY local");
  std::vector<std::string> list;
  while (row.step())
    list.push_back(row.text(0));
  return list;
}

std::int64_t taken_name(Connection& db, const std::string& local) {
  Query row = db.query("SELECT id FROM name WHERE local = ?1 AND state = 'taken'");
  return row.bind(local).step() ? row.integer(0) : 0;
}

}  // namespace pd::store::sqlite
