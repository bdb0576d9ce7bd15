-- contacts.db of pdctl. Never edited once released: a change is a new file with the next number, and
-- PRAGMA user_version is the number of the last one applied.

-- What is remembered of a person. An address is never forgotten by itself: only `pdctl trust reset` does that.
CREATE TABLE contact (
  address      TEXT PRIMARY KEY,           -- local@domain, lower case
  genesis      BLOB NOT NULL,              -- SHA-256 of the first operation ever seen
  head         BLOB NOT NULL,              -- SHA-256 of the newest
  identity_key BLOB NOT NULL,              -- 32 bytes, in force when last seen
  verified_key BLOB,                       -- 32 bytes, the one whose safety number was compared
  name         TEXT NOT NULL DEFAULT '',   -- given by the owner
  first_seen   INTEGER NOT NULL,           -- seconds since 1970
  last_seen    INTEGER NOT NULL,
  CHECK (length(genesis) = 32 AND length(head) = 32 AND length(identity_key) = 32),
  CHECK (verified_key IS NULL OR length(verified_key) = 32)
) STRICT;

-- What is remembered of a domain: its newest descriptor with its whole list of keys.
CREATE TABLE domain (
  domain     TEXT PRIMARY KEY,
  descriptor TEXT NOT NULL,                -- the JSON of /.well-known/pd, verified
  confirmed  INTEGER NOT NULL,             -- 1: seen at the domain itself
  service    TEXT NOT NULL DEFAULT '',     -- "host:port" of its server, when not at port 443 of the domain
  first_seen INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL,
  CHECK (confirmed IN (0, 1))
) STRICT;
