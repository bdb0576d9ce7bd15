#include "store/sqlite/invites.h"

#include "identity/encoding.h"

namespace pd::store::sqlite {
namespace {

constexpr std::size_t code_bytes = 16;
// How long the list still shows an invite that has expired.
constexpr identity::Seconds kept_after_expiry{30 * 24 * 3600};

// base32 (RFC 4648, section 6) in lower case, without padding: survives being read aloud, and never begins with a dash.
std::string base32(identity::ByteView bytes) {
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5)
      text += digits[(buffer >> (bits - 5)) & 31];
  }
  if (bits > 0) text += digits[(buffer << (5 - bits)) & 31];
  return text;
}

Hash hash_of(const std::string& code) {
  return identity::sha256(identity::bytes_of(code));
}

std::string id_of(const Hash& hash) {
  return identity::hex(identity::ByteView(hash).first(4));
}

bool exists(Connection& db, const std::string& id) {
  return db.query("SELECT 1 FROM invite WHERE id = ?1").bind(id).step();
}

}  // namespace

Invite create_invite(Connection& db, std::uint32_t uses, Time now, Time expires, const std::string& note) {
  const Time forgotten = now - kept_after_expiry;
  db.query("DELETE FROM invite WHERE expires < ?1").bind(forgotten).run();
  Invite invite{base32(identity::random_bytes(code_bytes)), "", uses, now, expires, note};
  Hash hash = hash_of(invite.code);
  // Ids have 32 bits, codes 128: another code is as good as this one.
  while (exists(db, id_of(hash))) {
    invite.code = base32(identity::random_bytes(code_bytes));
    hash = hash_of(invite.code);
  }
  invite.id = id_of(hash);
  db.query("INSERT INTO invite (hash, id, uses, created, expires, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      .bind(hash, invite.id, uses, now, expires, note)
      .run();
  return invite;
}

std::vector<Invite> invites(Connection& db) {
  Query row = db.query("SELECT id, uses, created, expires, note FROM invite ORDER BY created, id");
  std::vector<Invite> list;
  while (row.step())
    list.push_back(
        {"", row.text(0), static_cast<std::uint32_t>(row.integer(1)), row.time(2), row.time(3), row.text(4)});
  return list;
}

bool revoke_invite(Connection& db, const std::string& id) {
  db.query("DELETE FROM invite WHERE id = ?1").bind(id).run();
  return db.changes() == 1;
}

bool spend_invite(Connection& db, const std::string& code, Time now) {
  const Hash hash = hash_of(code);
  db.query("UPDATE invite SET uses = uses - 1 WHERE hash = ?1 AND uses > 0 AND expires > ?2").bind(hash, now).run();
  return db.changes() == 1;
}

}  // namespace pd::store::sqlite
