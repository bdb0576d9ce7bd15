-- The tables of one domain. Never edited once released: what changes later is a file of its own, with the next number.
-- Times are seconds since 1970-01-01T00:00:00Z. STRICT: a column holds what it says and nothing else.

-- One row, made with the database: whose data this is.
CREATE TABLE domain (
  id              INTEGER PRIMARY KEY CHECK (id = 1),
  name            TEXT    NOT NULL,
  descriptor_seq  INTEGER NOT NULL DEFAULT 0,  -- of the last descriptor that was handed out
  probed          INTEGER NOT NULL DEFAULT 0   -- when readiness last wrote here
) STRICT;

-- The domain's key records, in order (DKEY-*). Never changed, never removed.
CREATE TABLE domain_key (
  n       INTEGER PRIMARY KEY,
  record  TEXT NOT NULL
) STRICT;

-- Every name that was ever used or set aside. A row leaves this table only by `unreserve`.
CREATE TABLE name (
  id       INTEGER PRIMARY KEY,
  local    TEXT    NOT NULL UNIQUE,
  state    TEXT    NOT NULL CHECK (state IN ('taken', 'reserved', 'tombstoned')),
  created  INTEGER NOT NULL,
  head     BLOB    CHECK (head IS NULL OR length(head) = 32),  -- SHA-256 of the operation in force
  seq      INTEGER,                                            -- of that operation
  count    INTEGER,                                            -- operations accepted, undone ones too
  CHECK ((state = 'taken') = (head IS NOT NULL AND seq IS NOT NULL AND count IS NOT NULL))
) STRICT;

-- What was accepted. `position` is the order over all names and never runs backwards or is used twice: a transparency
-- log can be built from it. Removing a user erases `jws`; position and hash stay.
CREATE TABLE operation (
  position  INTEGER PRIMARY KEY AUTOINCREMENT,
  name      INTEGER NOT NULL REFERENCES name (id),
  ordinal   INTEGER NOT NULL,  -- 0, 1, … within the name
  hash      BLOB    NOT NULL CHECK (length(hash) = 32),
  jws       TEXT,
  accepted  INTEGER NOT NULL,
  UNIQUE (name, ordinal)
) STRICT;

CREATE TABLE invite (
  hash     BLOB    PRIMARY KEY CHECK (length(hash) = 32),  -- SHA-256 of the code; the code itself is nowhere
  id       TEXT    NOT NULL UNIQUE,                        -- its first 8 hexadecimal digits
  uses     INTEGER NOT NULL CHECK (uses >= 0),             -- left
  created  INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  note     TEXT    NOT NULL
) STRICT;

CREATE TABLE endpoint (
  name     INTEGER NOT NULL REFERENCES name (id),
  device   TEXT    NOT NULL,
  record   TEXT    NOT NULL,
  expires  INTEGER NOT NULL,
  PRIMARY KEY (name, device)
) STRICT, WITHOUT ROWID;

-- Other domains, as they described themselves when last asked: their keys are pinned by it.
CREATE TABLE remote_domain (
  id          INTEGER PRIMARY KEY,
  domain      TEXT    NOT NULL UNIQUE,
  descriptor  TEXT    NOT NULL,
  size        INTEGER NOT NULL,
  fetched     INTEGER NOT NULL
) STRICT;
CREATE INDEX remote_domain_by_age ON remote_domain (fetched);

-- Verified answers of other domains.
CREATE TABLE remote_answer (
  id          INTEGER PRIMARY KEY,
  address     TEXT    NOT NULL UNIQUE,
  resolution  TEXT    NOT NULL,
  size        INTEGER NOT NULL,
  fetched     INTEGER NOT NULL,
  expires     INTEGER NOT NULL
) STRICT;
CREATE INDEX remote_answer_by_age ON remote_answer (fetched);

-- The lists that communities sign, newest last.
CREATE TABLE remote_list (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  url  TEXT NOT NULL UNIQUE,
  jws  TEXT NOT NULL
) STRICT;

-- How much the tables remote_domain and remote_answer above hold, so that keeping them bounded
-- costs no scan. Rows are replaced by DELETE and INSERT.
CREATE TABLE remote_usage (
  kind   TEXT    PRIMARY KEY,
  rows   INTEGER NOT NULL,
  bytes  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO remote_usage VALUES ('domain', 0, 0), ('answer', 0, 0);

CREATE TRIGGER remote_domain_in AFTER INSERT ON remote_domain BEGIN
  UPDATE remote_usage SET rows = rows + 1, bytes = bytes + NEW.size WHERE kind = 'domain';
END;
CREATE TRIGGER remote_domain_out AFTER DELETE ON remote_domain BEGIN
  UPDATE remote_usage SET rows = rows - 1, bytes = bytes - OLD.size WHERE kind = 'domain';
END;
CREATE TRIGGER remote_answer_in AFTER INSERT ON remote_answer BEGIN
  UPDATE remote_usage SET rows = rows + 1, bytes = bytes + NEW.size WHERE kind = 'answer';
END;
CREATE TRIGGER remote_answer_out AFTER DELETE ON remote_answer BEGIN
  UPDATE remote_usage SET rows = rows - 1, bytes = bytes - OLD.size WHERE kind = 'answer';
END;
