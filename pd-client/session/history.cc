#include "session/history.h"

#include <algorithm>
#include <array>
#include <utility>

#include "directory/failure.h"

namespace pd::embedded {
extern const std::string_view history_0001_init;
extern const std::string_view history_0002_read;
}  // namespace pd::embedded

namespace pd::session {

using directory::Statement;
using directory::Transaction;
using identity::Address;

namespace {

const std::array migrations = {embedded::history_0001_init, embedded::history_0002_read};

constexpr std::string_view insert =
    "INSERT INTO message (peer, outgoing, id, time, stored, state, text) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (peer, outgoing, id) DO NOTHING RETURNING seq";

struct Row {
  const Address& peer;
  Delivery delivery;
  identity::Time stored;
};

// Returns the seq, or 0 when the message is there already.
std::int64_t store(directory::Database& database, const Row& row, const Message& message) {
  auto statement = database.prepare(insert);
  statement.bind(row.peer.text())
      .bind(std::int64_t{row.delivery != Delivery::received})
      .bind(message.id)
      .bind(message.time)
      .bind(row.stored)
      .bind(static_cast<std::int64_t>(row.delivery))
      .bind(message.text);
  const std::int64_t seq = statement.step() ? statement.number(0) : 0;
  while (seq != 0 && statement.step()) {
  }
  return seq;
}

std::vector<Entry> entries(Statement statement) {
  std::vector<Entry> found;
  while (statement.step()) {
    found.push_back({statement.number(0),
                     statement.text(1),
                     static_cast<Delivery>(statement.number(2)),
                     {statement.text(3), statement.time(4), statement.text(5)}});
  }
  return found;
}

// Of a row that was written by us.
Address address_of(const std::string& text) {
  return directory::require(Address::parse(text), directory::Kind::failed, "history.db");
}

// `words` as a pattern for LIKE … ESCAPE '\'.
std::string pattern(std::string_view words) {
  std::string like = "%";
  for (const char c : words) {
    if (c == '%' || c == '_' || c == '\\') {
      like += '\\';
    }
    like += c;
  }
  return like + "%";
}

}  // namespace

History::History(const std::filesystem::path& file) : database_(file, migrations) {}

std::vector<Entry> History::write(const Address& peer, std::span<const std::string> texts, identity::Time now) {
  std::vector<Entry> written;
  Transaction transaction(database_);
  for (const auto& text : texts) {
    Message message{new_id(), now, text};
    const auto seq = store(database_, {peer, Delivery::pending, now}, message);
    written.push_back({seq, peer.text(), Delivery::pending, std::move(message)});
  }
  transaction.commit();
  return written;
}

std::vector<Message> History::receive(const Address& peer, std::span<const Message> messages, identity::Time now) {
  std::vector<Message> fresh;
  Transaction transaction(database_);
  for (const auto& message : messages) {
    if (store(database_, {peer, Delivery::received, now}, message) != 0) {
      fresh.push_back(message);
    }
  }
  transaction.commit();
  return fresh;
}

std::vector<Entry> History::undelivered(const Address& peer, std::int64_t after, std::size_t limit) {
  auto statement = database_.prepare(
      "SELECT seq, peer, state, id, time, text FROM message "
      "WHERE peer = ? AND seq > ? AND outgoing = 1 AND state < 2 ORDER BY seq LIMIT ?");
  statement.bind(peer.text()).bind(after).bind(static_cast<std::int64_t>(limit));
  return entries(std::move(statement));
}

std::size_t History::count_undelivered(const Address& peer) {
  auto statement = database_.prepare("SELECT count(*) FROM message WHERE peer = ? AND outgoing = 1 AND state < 2");
  statement.bind(peer.text());
  statement.step();
  return static_cast<std::size_t>(statement.number(0));
}

bool History::wrote_to(const Address& peer) {
  auto statement = database_.prepare("SELECT 1 FROM message WHERE peer = ? AND outgoing = 1 LIMIT 1");
  statement.bind(peer.text());
  return statement.step();
}

void History::mark_sent(const Address& peer, std::span<const std::string> ids) {
  if (ids.empty()) {
    return;
  }
  Transaction transaction(database_);
  for (const auto& id : ids) {
    auto statement =
        database_.prepare("UPDATE message SET state = 1 WHERE peer = ? AND outgoing = 1 AND id = ? AND state = 0");
    statement.bind(peer.text()).bind(id);
    statement.step();
  }
  transaction.commit();
}

std::vector<std::string> History::mark_delivered(const Address& peer, std::span<const std::string> ids) {
  std::vector<std::string> fresh;
  Transaction transaction(database_);
  for (const auto& id : ids) {
    auto statement =
        database_.prepare("UPDATE message SET state = 2 WHERE peer = ? AND outgoing = 1 AND id = ? AND state < 2");
    statement.bind(peer.text()).bind(id);
    statement.step();
    if (database_.changes() == 1) {
      fresh.push_back(id);
    }
  }
  transaction.commit();
  return fresh;
}

std::vector<Entry> History::newest(const Address& peer, std::size_t limit, std::string_view words) {
  auto statement = database_.prepare(
      "SELECT seq, peer, state, id, time, text FROM message "
      "WHERE peer = ? AND text LIKE ? ESCAPE '\\' ORDER BY seq DESC LIMIT ?");
  statement.bind(peer.text()).bind(pattern(words)).bind(static_cast<std::int64_t>(limit));
  auto found = entries(std::move(statement));
  std::reverse(found.begin(), found.end());
  return found;
}

std::vector<Entry> History::before(const Address& peer, std::int64_t before, std::size_t limit) {
  auto statement = database_.prepare(
      "SELECT seq, peer, state, id, time, text FROM message WHERE peer = ? AND seq < ? ORDER BY seq DESC LIMIT ?");
  statement.bind(peer.text()).bind(before).bind(static_cast<std::int64_t>(limit));
  auto found = entries(std::move(statement));
  std::reverse(found.begin(), found.end());
  return found;
}

Entry History::received(const Address& peer, std::string_view id) {
  auto statement = database_.prepare(
      "SELECT seq, peer, state, id, time, text FROM message WHERE peer = ? AND outgoing = 0 AND id = ?");
  statement.bind(peer.text()).bind(id);
  return entries(std::move(statement)).at(0);
}

std::vector<Outbox> History::outboxes() {
  auto statement =
      database_.prepare("SELECT peer, count(*) FROM message WHERE outgoing = 1 AND state < 2 GROUP BY peer");
  std::vector<Outbox> found;
  while (statement.step()) {
    found.push_back({address_of(statement.text(0)), static_cast<std::size_t>(statement.number(1))});
  }
  return found;
}

std::vector<Conversation> History::conversations(std::size_t limit) {
  auto statement = database_.prepare(
      "SELECT seq, peer, state, id, time, text FROM message "
      "WHERE seq IN (SELECT max(seq) FROM message GROUP BY peer) ORDER BY seq DESC LIMIT ?");
  statement.bind(static_cast<std::int64_t>(limit));
  std::vector<Conversation> found;
  for (auto& entry : entries(std::move(statement))) {
    auto peer = address_of(entry.peer);
    const auto unread = count_unread(peer);
    const auto waiting = count_undelivered(peer);
    found.push_back({std::move(peer), unread, waiting, std::move(entry)});
  }
  return found;
}

std::size_t History::count_unread(const Address& peer) {
  auto statement = database_.prepare(
      "SELECT count(*) FROM message WHERE peer = ?1 AND outgoing = 0 "
      "AND seq > coalesce((SELECT read_through FROM conversation WHERE peer = ?1), 0)");
  statement.bind(peer.text());
  statement.step();
  return static_cast<std::size_t>(statement.number(0));
}

void History::mark_read(const Address& peer, std::int64_t through) {
  auto statement = database_.prepare(
      "INSERT INTO conversation SELECT ?1, max(seq) FROM message WHERE peer = ?1 AND seq <= ?2 HAVING max(seq) > 0 "
      "ON CONFLICT (peer) DO UPDATE SET read_through = excluded.read_through "
      "WHERE read_through < excluded.read_through");
  statement.bind(peer.text()).bind(through);
  statement.step();
}

}  // namespace pd::session
